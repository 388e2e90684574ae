import { dumpCommand } from '../command/command.ts';
import { parseCountOrAll, parseJobs } from '../options/parsers.ts';
import { FILES } from './dump-operands.ts';

export const usage = dumpCommand({
  name: 'usage',
  summary: 'who holds the memory: slab caches, files, processes, cgroups and the kernel',
  dump: FILES,
  options: {
    by: {
      argument: 'what',
      meaning: 'list one kind of holders (default: type, an overview of all)',
      choices: ['type', 'slab', 'file', 'process', 'cgroup'],
    },
    sort: {
      argument: 'order',
      meaning: 'sort the list of --by: all can by size and by name, slab also by objects and by active ones',
      choices: ['size', 'name', 'objects', 'active'],
      default: 'size',
    },
    top: {
      argument: 'number',
      meaning: 'how many of each to list, or all (default: 5; 20 with --by)',
      parse: parseCountOrAll,
    },
    check: { meaning: "show each comparison with the kernel's own counters" },
    jobs: { argument: 'n', meaning: 'threads to work on at most', parse: parseJobs },
  },
  examples: [
    ['kdump-inspect usage vmcore', 'who holds the memory'],
    ['kdump-inspect usage vmcore --by slab --top 10', 'the largest slab caches'],
    ['kdump-inspect usage vmcore --by process --json', ''],
  ],
  load: () => import('../commands/usage.ts'),
});
