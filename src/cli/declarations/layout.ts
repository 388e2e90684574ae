import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const layout = dumpCommand({
  name: 'layout',
  summary: 'where the kernel put its regions, by every method that there is',
  dump: FILES,
  load: () => import('../commands/layout.ts'),
});
