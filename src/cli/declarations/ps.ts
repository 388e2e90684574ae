import { dumpCommand } from '../command/command.ts';
import { parseCount } from '../options/parsers.ts';
import { FILES } from './dump-operands.ts';

export const ps = dumpCommand({
  name: 'ps',
  summary: 'the processes of the kernel, their states and their memory',
  dump: FILES,
  options: {
    sort: { argument: 'order', meaning: 'in which order', choices: ['pid', 'rss', 'cpu'], default: 'pid' },
    top: { argument: 'n', meaning: 'the first N of them only', parse: parseCount },
    threads: { meaning: 'every thread, not every process' },
  },
  help:
    "A > is before tasks that were on a CPU, a ! before the one that panicked; the kernel's own threads are in " +
    'brackets. S is the state, as in ps(1): R running, S sleeping, D disk sleep, T stopped, t traced, X dead, ' +
    'Z zombie, P parked, I idle.',
  load: () => import('../commands/ps.ts'),
});
