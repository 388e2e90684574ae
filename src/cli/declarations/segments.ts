import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const segments = dumpCommand({
  name: 'segments',
  summary: "the file's own map: segments, overlaps, holes",
  dump: FILES,
  examples: [
    ['kdump-inspect segments vmcore', 'what the file holds of the memory'],
    ['kdump-inspect segments vmcore --json | jq .holes', ''],
  ],
  load: () => import('../commands/segments.ts'),
});
