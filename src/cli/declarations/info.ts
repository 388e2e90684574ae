import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const info = dumpCommand({
  name: 'info',
  summary: 'the one screen to see first: which kernel, what happened, how it was',
  dump: FILES,
  load: () => import('../commands/info.ts'),
});
