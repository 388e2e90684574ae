import { CommanderError } from 'commander';
import { asIncompleteProgram, asMemoryError } from '../errors.ts';
import type { Command } from './command/command.ts';
import { COMMANDS } from './declarations/commands.ts';
import { reportFailure } from './output/failure.ts';
import { EXIT } from './output/output.ts';
import { printOut, say } from './output/write.ts';
import { makeProgram, type RunCommand } from './program.ts';

/** Runs the program and returns its exit status. @param commands what the program can do */
export async function main(
  args: readonly string[],
  commands: readonly Command[] = COMMANDS,
): Promise<number> {
  let status: number = EXIT.done;
  const run: RunCommand = async (command, files, asked) => {
    if (command.dump) {
      const { runOnDump } = await import('./command/run-command.ts');
      status = await runOnDump(command, files, asked);
    } else printOut((await command.load()).text(asked, commands));
  };
  let words = args;
  try {
    if (needsCommand(args, commands)) words = (await import('./first-word.ts')).withCommand(args, commands);
    const helper = asksForHelp(words) ? await import('./help.ts') : undefined;
    const program = makeProgram(commands, run, { first: words[0], helper });
    if (words.length === 0) {
      program.configureOutput({ writeErr: say }).outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const shown = { json: args.includes('--json'), debug: args.includes('--debug') };
    return reportFailure(asIncompleteProgram(asMemoryError(await inOwnWords(error, words, commands))), shown);
  }
}

/** What the parser itself knows as a first word. */
const OF_THE_PROGRAM = /^(help|-h|--help|-V|--version)$/;

/** Whether the first word is none that the parser knows. What it means instead takes more code to find out. */
function needsCommand([first]: readonly string[], commands: readonly Command[]): boolean {
  return first !== undefined && !OF_THE_PROGRAM.test(first) && !commands.some(({ name }) => name === first);
}

function asksForHelp(words: readonly string[]): boolean {
  return words.length === 0 || words[0] === 'help' || words.includes('--help') || words.includes('-h');
}

/** What the parser of the command line says, as this program says it. */
async function inOwnWords(error: unknown, words: readonly string[], commands: readonly Command[]) {
  if (!(error instanceof CommanderError)) return error;
  try {
    return (await import('./usage-error.ts')).usageError(error, words, commands);
  } catch (failure) {
    return failure;
  }
}
