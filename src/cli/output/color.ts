import type { CommonOptions } from '../options/common-options.ts';

/**
 * Whether text has colour. These decide, the first that says anything: --color and --no-color; NO_COLOR
 * (https://no-color.org); FORCE_COLOR (https://force-color.org), of which 0 turns colour off, as for Node.js;
 * CLICOLOR_FORCE (https://bixense.com/clicolors); the terminal.
 * @param isTerminal whether the text goes to one
 */
export function hasColor({ color = 'auto' }: CommonOptions, isTerminal: boolean): boolean {
  return color === 'auto'
    ? (wantedColor() ?? (isTerminal && process.env.TERM !== 'dumb'))
    : color === 'always';
}

/** What the environment asks for, if anything. A variable that is empty says nothing. */
function wantedColor(): boolean | undefined {
  const { NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return CLICOLOR_FORCE && CLICOLOR_FORCE !== '0' ? true : undefined;
}
