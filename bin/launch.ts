#!/usr/bin/env node
// An older Node.js may not even parse the program, so this file comes first, in syntax that every version
// understands.
if (typeof process.getBuiltinModule === 'function') import('./kdump-inspect.ts');
else {
  process.stderr.write(
    `kdump-inspect: Node.js 20.19 or a later 20, or 22.12 or later is needed; this is ${process.version}\n`,
  );
  process.exitCode = 1;
}
