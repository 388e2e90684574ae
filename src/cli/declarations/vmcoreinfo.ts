import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const vmcoreinfo = dumpCommand({
  name: 'vmcoreinfo',
  summary: 'the VMCOREINFO note: what the kernel says about itself',
  dump: FILES,
  options: {
    raw: { meaning: 'print the text of the note unchanged (escaped on a terminal)' },
    get: { argument: 'key', meaning: 'print one value unchanged: OSRELEASE, SYMBOL(init_top_pgt)' },
  },
  examples: [
    ['kdump-inspect vmcoreinfo vmcore', 'every line of the note'],
    ['kdump-inspect vmcoreinfo vmcore --get OSRELEASE', 'one value, for a script'],
    ['kdump-inspect vmcoreinfo vmcore --raw > vmcoreinfo.txt', ''],
  ],
  load: () => import('../commands/vmcoreinfo.ts'),
});
