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
      meaning: 'these levels only: err,warn; err+ for err and all above it',
      parse: parseLevels,
    },
    since: {
      argument: 'seconds',
      meaning: 'from this time on, in seconds since boot',
      parse: parseSeconds,
    },
    last: { argument: 'n', meaning: 'the last N records of what is shown', parse: parseCount },
    panic: { meaning: 'the lines of the panic, or of the last oops' },
  },
  help: 'With --json each record is an object on a line of its own (JSON Lines).',
  load: () => import('../commands/dmesg.ts'),
});
