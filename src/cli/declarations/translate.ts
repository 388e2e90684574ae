import { dumpCommand } from '../command/command.ts';
import { parseAddress } from '../options/parsers.ts';
import { FILE } from './dump-operands.ts';

export const translate = dumpCommand({
  name: 'translate',
  summary: 'the page-table walk of virtual addresses, entry by entry',
  dump: FILE,
  operands: {
    addresses: { name: 'ADDR', meaning: 'virtual addresses in 0x hex', many: true, parse: parseAddress },
  },
  load: () => import('../commands/translate.ts'),
});
