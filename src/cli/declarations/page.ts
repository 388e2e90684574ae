import { dumpCommand } from '../command/command.ts';
import { parsePage } from '../options/parsers.ts';
import { FILE } from './dump-operands.ts';

export const page = dumpCommand({
  name: 'page',
  summary: 'everything about one page: its class, the rule that decided it, and its owner',
  dump: FILE,
  operands: {
    at: {
      name: 'PFN|ADDR',
      meaning: 'a decimal pfn, or a physical or virtual address in 0x hex',
      parse: parsePage,
    },
  },
  load: () => import('../commands/page.ts'),
});
