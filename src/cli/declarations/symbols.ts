import { dumpCommand } from '../command/command.ts';
import { FILE } from './dump-operands.ts';

export const symbols = dumpCommand({
  name: 'symbols',
  summary: 'the symbol table of the kernel and its modules (kallsyms), found in the dump',
  dump: FILE,
  operands: {
    query: {
      name: 'NAME|ADDR|PATTERN',
      meaning: 'a name, an address in 0x hex, or a pattern with * and ?',
      optional: true,
    },
  },
  load: () => import('../commands/symbols.ts'),
});
