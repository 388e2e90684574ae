import { CommanderError } from 'commander';
import { asMemoryError } from '../errors.ts';
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
  const program = makeProgram(commands, run, args[0]);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportFailure(asMemoryError(error), args.includes('--debug'));
  }
}
