import { renderText } from '../../src/report/render/render-text.ts';
import { terminal } from '../../src/report/render/terminal.ts';
import type { View } from '../../src/report/view.ts';

interface Shown {
  /** Columns of the terminal; absent for a pipe. */
  readonly columns?: number | undefined;
  readonly color?: boolean;
  readonly isTerminal?: boolean;
}

/** A view as it is shown. */
export async function textOf(
  view: View,
  { columns, color = false, isTerminal = false }: Shown = {},
): Promise<string> {
  let text = '';
  for await (const piece of renderText(view, terminal({ color, columns, isTerminal }))) text += piece;
  return text;
}
