import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const info = dumpCommand({
  name: 'info',
  summary: 'the screen to see first: which kernel, what happened, and the state of the machine',
  dump: FILES,
  examples: [
    ['kdump-inspect info vmcore', 'which kernel, and what happened'],
    ['kdump-inspect info vmcore --json | jq .crash', ''],
  ],
  load: () => import('../commands/info.ts'),
});
