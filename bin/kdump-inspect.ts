import { collectBeforeExit } from '../src/cli/collect-before-exit.ts';
import { main } from '../src/cli/main.ts';

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  collectBeforeExit();
});
