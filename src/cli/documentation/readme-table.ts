import type { Command } from '../command/command.ts';
import type { Parts } from './generated-parts.ts';
import { code, markdownTable, plain } from './markdown.ts';
import { operandWords } from './operand-words.ts';

/** What the README says by the declarations: the table of commands. */
export function readmeParts(commands: readonly Command[]): Parts {
  const rows = commands.map((command) => [usageOf(command), plain(command.summary)]);
  return new Map([['commands', markdownTable(['command', 'answers'], rows)]]);
}

/** The command with its operands, without the optional files of a dump. */
function usageOf(command: Command): string {
  const words = command.dump?.optional ? operandWords(command).slice(1) : operandWords(command);
  return code([command.name, ...words].join(' '));
}
