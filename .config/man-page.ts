// The manual of all commands, for the build.
import { COMMANDS } from '../src/cli/declarations/commands.ts';
import { manPage } from '../src/cli/documentation/man-page.ts';

export const builtManPage = (version: string): string => manPage(COMMANDS, version);
