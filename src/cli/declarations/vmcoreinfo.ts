import { dumpCommand } from '../command/command.ts';
import { FILES } from './dump-operands.ts';

export const vmcoreinfo = dumpCommand({
  name: 'vmcoreinfo',
  summary: 'the VMCOREINFO note: what the kernel says of itself',
  dump: FILES,
  options: {
    raw: { meaning: 'the text of the note, as it stands (escaped on a terminal)' },
    get: { argument: 'key', meaning: 'one value, as it stands: OSRELEASE, SYMBOL(init_top_pgt)' },
  },
  load: () => import('../commands/vmcoreinfo.ts'),
});
