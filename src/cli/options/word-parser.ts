import { InvalidArgumentError } from 'commander';
import { InspectError } from '../../errors.ts';
import type { Operand } from './declared.ts';

/** What is known of a word of the command line before its value. */
export type DeclaredWord = Pick<Operand, 'choices' | 'parse' | 'many'>;

/** How commander turns the text of a word into its value; undefined if any text is its own value. */
export type WordParser = (text: string, before: unknown) => unknown;

/**
 * @param command the command's name
 * @param argument the operand or option as the help writes it: PFN|ADDR, --jobs
 */
export function wordParser(word: DeclaredWord, command: string, argument: string): WordParser | undefined {
  const { choices, parse, many } = word;
  if (!choices && !parse && !many) return undefined;
  const one = (text: string) => parsed(word, command, argument, text);
  if (!many) return one;
  // There may be a hundred thousand values, so the list is not copied for each.
  return (text, before) => {
    const all = Array.isArray(before) ? before : [];
    all.push(one(text));
    return all;
  };
}

/** @throws InspectError usage */
function parsed({ choices, parse }: DeclaredWord, command: string, argument: string, value: string) {
  const wrong = (why: string) =>
    new InspectError('usage', `${command}: ${argument} cannot be '${value}': ${why}`, { argument, value });
  if (choices && !choices.includes(value)) throw wrong(`${anyOf(choices)} is needed`);
  if (!parse) return value;
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw wrong(clause(error.message));
    throw error;
  }
}

/** "pid, rss or cpu". */
function anyOf(choices: readonly string[]): string {
  const [last = '', ...others] = [...choices].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} or ${last}`;
}

/** The sentence of a parser, as the end of another. */
function clause(sentence: string): string {
  return sentence.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()).replace(/\.$/, '');
}
