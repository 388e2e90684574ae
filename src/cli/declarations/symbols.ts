import { dumpCommand } from '../command/command.ts';
import { parseSymbolQueries } from '../options/address-words.ts';
import { FILE } from './dump-operands.ts';

export const symbols = dumpCommand({
  name: 'symbols',
  summary: 'the symbol table of the kernel and its modules (kallsyms), found in the dump',
  dump: FILE,
  operands: {
    queries: {
      name: 'NAME|ADDR|PATTERN',
      meaning: 'names, addresses in any form, or patterns with * and ?',
      optional: true,
      many: true,
      parseWords: parseSymbolQueries,
    },
  },
  examples: [
    ['kdump-inspect symbols vmcore init_task', 'the address of a symbol'],
    ["kdump-inspect symbols vmcore 'tcp_*'", 'all symbols of a pattern'],
  ],
  load: () => import('../commands/symbols.ts'),
});
