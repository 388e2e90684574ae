import { Command, type Option, type ParseOptionsResult } from 'commander';

/**
 * A parser of commander's that takes the value of an option that can do without one only after `=`. By itself
 * commander would take the next word, and in `--color vmcore` that is the file.
 */
export class Parser extends Command {
  override createCommand(name?: string): Parser {
    return new Parser(name);
  }

  override parseOptions(args: string[]): ParseOptionsResult {
    return super.parseOptions(withPresets(args, this.options));
  }
}

/** The command line with the preset value after `=` wherever such an option has none. */
function withPresets(args: readonly string[], options: readonly Option[]): string[] {
  const words = [...args];
  for (let at = 0; at < words.length && words[at] !== '--'; at++) {
    const option = options.find(({ long, short }) => words[at] === long || words[at] === short);
    if (option?.required) at++;
    else if (option?.optional) words[at] += `=${option.presetArg}`;
  }
  return words;
}
