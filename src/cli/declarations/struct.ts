import { dumpCommand } from '../command/command.ts';
import { FILE } from './dump-operands.ts';

export const struct = dumpCommand({
  name: 'struct',
  summary: "what one of the kernel's types looks like, or what memory holds by it (BTF)",
  dump: FILE,
  operands: {
    subject: { name: 'NAME', meaning: 'a type, with a path if one is wanted: page, task_struct.mm->pgd' },
    at: {
      name: 'ADDR',
      meaning: 'where a value of it is: an address in 0x hex, or a symbol',
      optional: true,
    },
  },
  load: () => import('../commands/struct.ts'),
});
