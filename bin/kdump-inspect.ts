import { main } from '../src/cli/main.ts';
import { settle } from '../src/cli/settle.ts';

/** Done when the process may end. */
export const ended = main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  settle();
});
