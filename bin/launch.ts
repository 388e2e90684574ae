#!/usr/bin/env node
// An older Node.js may not even parse the program, so this file comes first, in syntax that every version
// understands. It may also be all that somebody has copied.
if (typeof process.getBuiltinModule === 'function') import('./kdump-inspect.ts').catch(refuse);
else {
  process.stderr.write(
    `kdump-inspect: Node.js 20.19 or a later 20, or 22.12 or later is needed; this is ${process.version}\n`,
  );
  process.exitCode = 1;
}

function refuse(error: NodeJS.ErrnoException): void {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  const [, missing] = /'\.\/(.*)'/.exec(error.message) ?? [error.message];
  process.stderr.write(
    `kdump-inspect: ${missing} is missing beside ${__filename}\n` +
      '  the program is the whole folder dist/, not this file alone: copy all of it, or install the package\n',
  );
  process.exitCode = 1;
}
