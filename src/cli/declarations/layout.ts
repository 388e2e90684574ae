import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const layout = dumpCommand({
  name: 'layout',
  summary: 'where the kernel put its direct map, vmalloc area, vmemmap and text (KASLR)',
  dump: FILES,
  help: 'For each value every method that was tried is shown, what it found, and which one is believed and why.',
  examples: [
    ['kdump-inspect layout vmcore', 'where everything is, and how that is known'],
    ['kdump-inspect layout vmcore --json | jq -r .pageOffset.value', ''],
  ],
  load: () => import('../commands/layout.ts'),
});
