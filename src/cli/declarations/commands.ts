import type { Command } from '../command/command.ts';
import { completion } from './completion.ts';
import { dmesg } from './dmesg.ts';
import { info } from './info.ts';
import { layout } from './layout.ts';
import { page } from './page.ts';
import { pages } from './pages.ts';
import { ps } from './ps.ts';
import { segments } from './segments.ts';
import { struct } from './struct.ts';
import { symbols } from './symbols.ts';
import { translate } from './translate.ts';
import { usage } from './usage.ts';
import { vmcoreinfo } from './vmcoreinfo.ts';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  info,
  pages,
  usage,
  ps,
  dmesg,
  page,
  struct,
  symbols,
  layout,
  vmcoreinfo,
  segments,
  translate,
  completion,
];
