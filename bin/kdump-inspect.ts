import { milliseconds } from '../src/bytes/clock.ts';
import { main } from '../src/cli/main.ts';
import { settle } from '../src/cli/settle.ts';

const begun = milliseconds();
/** Done when the process may end. */
export const ended = main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  settle(begun);
});
