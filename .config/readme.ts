// Renews the table of commands in README.md: npm run readme.
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMANDS } from '../src/cli/declarations/commands.ts';
import { withCommandTable } from '../src/cli/documentation/readme-table.ts';

writeFileSync('README.md', withCommandTable(readFileSync('README.md', 'utf8'), COMMANDS));
