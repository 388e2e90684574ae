import { CommanderError } from 'commander';
import { asIncompleteProgram, asMemoryError } from '../errors.ts';
import type { Command } from './command/command.ts';
import { COMMANDS } from './declarations/commands.ts';
import { EXIT, reportFailure } from './output/output.ts';
import { printOut } from './output/write.ts';
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
  try {
    const words = needsCommand(args, commands)
      ? (await import('./first-word.ts')).withCommand(args, commands)
      : args;
    const program = makeProgram(commands, run, words[0]);
    if (words.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportFailure(asIncompleteProgram(asMemoryError(error)), args.includes('--debug'));
  }
}

/** What the parser itself knows as a first word. */
const OF_THE_PROGRAM = /^(help|-h|--help|-V|--version)$/;

/** Whether the first word is none that the parser knows. What it means instead takes more code to find out. */
function needsCommand([first]: readonly string[], commands: readonly Command[]): boolean {
  return first !== undefined && !OF_THE_PROGRAM.test(first) && !commands.some(({ name }) => name === first);
}
