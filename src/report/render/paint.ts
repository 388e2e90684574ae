import type { Style } from '../view.ts';
import type { Paint } from './styled-text.ts';

/** What chalk calls the look of each style. */
const LOOKS = {
  strong: 'bold',
  bad: 'red',
  good: 'green',
  warning: 'yellow',
  faint: 'dim',
} as const satisfies Record<Style, string>;

/** Returns what paints text. Without colour it returns text as it is, and chalk is not even loaded. */
export async function painter(color: boolean): Promise<Paint> {
  if (!color) return (text) => text;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return (text, style) => chalk[LOOKS[style]](text);
}
