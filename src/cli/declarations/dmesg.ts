import { dumpCommand } from '../command/command.ts';
import { parseLevels, parseSeconds } from '../options/log-filter.ts';
import { parseCount } from '../options/parsers.ts';
import { FILES } from './dump-operands.ts';

export const dmesg = dumpCommand({
  name: 'dmesg',
  summary: 'the kernel log, as makedumpfile --dump-dmesg prints it',
  dump: FILES,
  options: {
    level: {
      argument: 'list',
      meaning: 'only these levels: err,warn; err+ means err and more important ones',
      parse: parseLevels,
    },
    since: {
      argument: 'seconds',
      meaning: 'only records from this time on, in seconds since boot',
      parse: parseSeconds,
    },
    last: { argument: 'n', meaning: 'only the last N of these records', parse: parseCount },
    panic: { meaning: 'only the report of the panic, or of the last oops' },
  },
  help: 'With --json each record is one object on its own line (JSON Lines). The last object also has the warnings about the log, and whether it is complete.',
  examples: [
    ['kdump-inspect dmesg vmcore --panic', 'what the kernel said when it died'],
    ['kdump-inspect dmesg vmcore --level err+ --last 20', 'the last errors'],
    ['kdump-inspect dmesg vmcore --json | jq -r .text', ''],
  ],
  load: () => import('../commands/dmesg.ts'),
});
