import { collectBeforeExit } from '../src/cli/collect-before-exit.ts';
import { main } from '../src/cli/main.ts';

/** Resolves when the process may end. */
export const ended = main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  collectBeforeExit();
});
