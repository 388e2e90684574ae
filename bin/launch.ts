#!/usr/bin/env node
// An older Node.js may not even parse the program, so this file comes first, in syntax that every version
// understands. It may also be all that somebody has copied.
if (typeof process.getBuiltinModule === 'function') import('./kdump-inspect.ts').catch(refuse);
else fail(`Node.js 20.19 or a later 20, or 22.12 or later is needed; this is ${process.version}`);

function refuse(error: NodeJS.ErrnoException): void {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  const [, missing] = /'\.\/(.*)'/.exec(error.message) ?? [error.message];
  const hint =
    'the program is the whole folder dist/, not this file alone: copy all of it, or install the package';
  fail(`${missing} is missing beside ${__filename}`, hint);
}

/** As src/cli/output/failure.ts does it, which may be missing. */
function fail(message: string, hint?: string): void {
  const report = { schema: 'kdump-inspect/error/1', error: { kind: 'unsupported', message, hint } };
  const text = `kdump-inspect: ${message}${hint === undefined ? '' : `\n  ${hint}`}`;
  process.stderr.write(`${process.argv.includes('--json') ? JSON.stringify(report) : text}\n`);
  process.exitCode = 1;
}
