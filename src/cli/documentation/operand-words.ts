import { type Command, operandsOf } from '../command/command.ts';

/** Each operand as in a synopsis: FILE, [FILE...], ADDR... */
export function operandWords(command: Command): string[] {
  return operandsOf(command).map(({ name, optional, many }) => {
    const word = many ? `${name}...` : name;
    return optional ? `[${word}]` : word;
  });
}
