// Makes dist/: the program (rolldown.config.mjs), its manual, and the JSON Schemas of its reports.
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';
import { COMMANDS } from '../src/cli/declarations/commands.ts';
import { manPage } from '../src/cli/documentation/man-page.ts';
import bundles from './rolldown.config.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', { recursive: true, force: true });
await build(bundles);
chmodSync('dist/kdump-inspect.js', 0o755);
// The package itself is of ES modules.
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/kdump-inspect.1', manPage(COMMANDS, version));
cpSync('src/report/schemas', 'dist/schemas', { recursive: true });
