import { CommanderError } from 'commander';
import { asMemoryError } from '../errors.ts';
import { EXIT, reportFailure } from './output/output.ts';
import { makeProgram } from './program.ts';

/** Runs the program and returns its exit status; writes nothing anywhere but stdout and stderr. */
export async function main(args: readonly string[]): Promise<number> {
  let status: number = EXIT.done;
  const program = makeProgram((of) => {
    status = of;
  }, args[0]);
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
