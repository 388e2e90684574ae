import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const info = dumpCommand({
  name: 'info',
  summary: 'the screen to see first: which kernel, what happened, and the state of the machine',
  dump: FILES,
  load: () => import('../commands/info.ts'),
});
