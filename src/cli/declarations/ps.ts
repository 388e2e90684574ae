import { dumpCommand } from '../command/command.ts';
import { parseCountOrAll } from '../options/parsers.ts';
import { parseStates } from '../options/task-states.ts';
import { FILES } from './dump-operands.ts';

export const ps = dumpCommand({
  name: 'ps',
  summary: 'processes or threads, their states and their memory',
  dump: FILES,
  options: {
    user: { meaning: 'only processes, without threads of the kernel', conflicts: ['kernel'] },
    kernel: { meaning: 'only threads of the kernel', conflicts: ['user'] },
    state: { argument: 'letters', meaning: 'only tasks in these states: D or D,Z', parse: parseStates },
    threads: { meaning: 'list threads instead of processes' },
    tree: { meaning: 'children below their parents, with all ancestors', conflicts: ['top'] },
    sort: {
      argument: 'order',
      meaning: 'the order: by memory from the largest, by start from the latest',
      choices: ['pid', 'rss', 'swap', 'start', 'cpu'],
      default: 'pid',
    },
    top: { argument: 'n', meaning: 'only the first N, or all', parse: parseCountOrAll },
  },
  help:
    "> marks tasks that were running on a CPU, ! the one that panicked; the kernel's own threads are in brackets. " +
    'S is the state, as in ps(1): R running, S sleeping, D disk sleep, T stopped, t traced, X dead, ' +
    'Z zombie, P parked, I idle. START is in UTC: hour and minute, or the day, or the year. COMMAND is the command line, ' +
    "or the name of a thread; ... follows what is not whole, for example because the process's memory is not in the dump.",
  examples: [
    ['kdump-inspect ps vmcore', 'the processes'],
    ['kdump-inspect ps vmcore --sort rss --top 10', 'those with the most memory'],
    ['kdump-inspect ps vmcore --threads --json', ''],
  ],
  load: () => import('../commands/ps.ts'),
});
