import { dumpCommand } from '../command/command.ts';
import { parseAddresses } from '../options/address-words.ts';
import { FILE } from './dump-operands.ts';

export const translate = dumpCommand({
  name: 'translate',
  summary: 'the page-table walk of virtual addresses, entry by entry',
  dump: FILE,
  operands: {
    addresses: {
      name: 'ADDR',
      meaning: 'virtual addresses: 0x hex, or symbols with an offset if wanted, as an oops has them',
      many: true,
      parseWords: parseAddresses,
    },
  },
  examples: [
    ['kdump-inspect translate vmcore init_task', 'the walk of one address'],
    ['kdump-inspect translate vmcore 0xfffffe0000000000 init_task+0x10', 'those of two'],
  ],
  load: () => import('../commands/translate.ts'),
});
