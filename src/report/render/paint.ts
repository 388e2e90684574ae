import type { ChalkInstance } from 'chalk';
import type { Style } from '../view.ts';
import type { Paint } from './styled-text.ts';

/**
 * The look of each style, in the terminal's own colours, which its owner has chosen for the background: red,
 * green and yellow in their dark variants (31 to 33), never in their bright ones or bold, which many terminals
 * show bright: bright yellow cannot be read on white. Only the log has bold red, as dmesg(1) does.
 */
const LOOKS: Readonly<Record<Style, (chalk: ChalkInstance) => ChalkInstance>> = {
  strong: (chalk) => chalk.bold,
  bad: (chalk) => chalk.red,
  good: (chalk) => chalk.green,
  warning: (chalk) => chalk.yellow,
  faint: (chalk) => chalk.dim,
  // The scheme of dmesg --color (util-linux 2.38, sys-utils/dmesg.c: subsys, time, alert, crit, err, warn, segfault).
  logTime: (chalk) => chalk.green,
  logSource: (chalk) => chalk.yellow,
  logAlert: (chalk) => chalk.inverse.red,
  logCritical: (chalk) => chalk.bold.red,
  logError: (chalk) => chalk.red,
  logWarning: (chalk) => chalk.bold,
  logSegfault: (chalk) => chalk.dim.red,
};

/** Returns what paints text. Without colour it returns text as it is, and chalk is not even loaded. */
export async function painter(color: boolean): Promise<Paint> {
  if (!color) return (text) => text;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const looks = new Map(Object.entries(LOOKS).map(([style, look]) => [style, look(chalk)]));
  return (text, style) => looks.get(style)?.(text) ?? text;
}
