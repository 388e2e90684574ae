import { dumpCommand } from '../command/command.ts';
import { parseOneAddress } from '../options/address-words.ts';
import { FILE } from './dump-operands.ts';

export const struct = dumpCommand({
  name: 'struct',
  summary: "the layout of one of the kernel's types, or a value of it in memory (BTF)",
  dump: FILE,
  operands: {
    subject: {
      name: 'NAME',
      meaning:
        'a type, or a symbol that has one, with an optional path: page, task_struct.mm->pgd, runqueues@1',
    },
    at: {
      name: 'ADDR',
      meaning: 'where a value of that type is: 0x hex, or a symbol; runqueues@1 is that of CPU 1',
      optional: true,
      parseWords: parseOneAddress,
    },
  },
  examples: [
    ['kdump-inspect struct vmcore task_struct', 'the layout of a type'],
    ['kdump-inspect struct vmcore task_struct.comm init_task', 'a member of a value in memory'],
  ],
  load: () => import('../commands/struct.ts'),
});
