import type { Style } from '../view.ts';
import type { Paint } from './styled-text.ts';

/** How styles look on a terminal, by the names that chalk has for them. */
const LOOKS = {
  strong: 'bold',
  bad: 'red',
  good: 'green',
  warning: 'yellow',
  faint: 'dim',
} as const satisfies Record<Style, string>;

/** Paints text, or leaves it as it is where there is no colour: then chalk is not even loaded. */
export async function painter(color: boolean): Promise<Paint> {
  if (!color) return (text) => text;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return (text, style) => chalk[LOOKS[style]](text);
}
