import { dumpCommand } from '../command/command.ts';
import { parseJobs } from '../options/parsers.ts';
import { FILES } from './dump-operands.ts';

export const pages = dumpCommand({
  name: 'pages',
  summary: 'what every physical page is used for: the main report',
  dump: FILES,
  options: {
    compat: {
      argument: 'program',
      meaning: 'count as another program does, including its errors',
      choices: ['makedumpfile'],
    },
    check: { meaning: "show the comparison with the kernel's free lists zone by zone" },
    jobs: { argument: 'n', meaning: 'use at most N threads', parse: parseJobs },
  },
  examples: [
    ['kdump-inspect pages vmcore', 'what its memory is used for'],
    ['kdump-inspect pages vmcore --compat makedumpfile', 'as makedumpfile --mem-usage counts'],
    ['kdump-inspect pages vmcore --json | jq .classes.free.pages', ''],
  ],
  load: () => import('../commands/pages.ts'),
});
