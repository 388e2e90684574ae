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
      meaning: 'a decimal pfn, or an address: 0x hex (physical or virtual), or a symbol',
      parseWords: parsePage,
    },
  },
  examples: [
    ['kdump-inspect page vmcore 0x1000000', 'the page at this physical address'],
    ['kdump-inspect page vmcore 4096', 'the same by its pfn'],
  ],
  load: () => import('../commands/page.ts'),
});
