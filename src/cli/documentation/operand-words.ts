import type { Command } from '../command/command.ts';
import type { Operand } from '../options/declared.ts';

/** All operands of a command in order, the dump first. */
export function operandsOf({ dump, operands }: Command): Operand[] {
  return [...(dump ? [dump] : []), ...Object.values(operands)];
}

/** Each operand as in a synopsis: FILE, [FILE...], ADDR... */
export function operandWords(command: Command): string[] {
  return operandsOf(command).map(({ name, optional, many }) => {
    const word = many ? `${name}...` : name;
    return optional ? `[${word}]` : word;
  });
}
