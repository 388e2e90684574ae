// Bundles the program into dist/: one entry, and a chunk for each part that only some runs need, because
// resolving node_modules file by file costs more start-up time than parsing one file.
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { 'kdump-inspect': 'bin/kdump-inspect.ts' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  outdir: 'dist',
  legalComments: 'linked',
  define: { __KDUMP_INSPECT_VERSION__: JSON.stringify(version) },
  // The CommonJS packages inside the bundle still ask for Node's own modules by require().
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
  },
});
chmodSync('dist/kdump-inspect.js', 0o755);
cpSync('src/report/schemas', 'dist/schemas', { recursive: true });
