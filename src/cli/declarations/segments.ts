import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const segments = dumpCommand({
  name: 'segments',
  summary: "the file's own map: segments, overlaps, holes",
  dump: FILES,
  load: () => import('../commands/segments.ts'),
});
