import { dumpCommand } from '../command/command.ts';
import { parseCount } from '../options/parsers.ts';
import { FILES } from './dump-operands.ts';

export const ps = dumpCommand({
  name: 'ps',
  summary: 'processes or threads, their states and their memory',
  dump: FILES,
  options: {
    sort: { argument: 'order', meaning: 'the order', choices: ['pid', 'rss', 'cpu'], default: 'pid' },
    top: { argument: 'n', meaning: 'only the first N', parse: parseCount },
    threads: { meaning: 'list threads instead of processes' },
  },
  help:
    "> marks tasks that were running on a CPU, ! the one that panicked; the kernel's own threads are in brackets. " +
    'S is the state, as in ps(1): R running, S sleeping, D disk sleep, T stopped, t traced, X dead, ' +
    'Z zombie, P parked, I idle.',
  load: () => import('../commands/ps.ts'),
});
