// Bundles the program into dist/: one entry, and a chunk for each part that only some runs need, because
// resolving node_modules file by file costs more start-up time than parsing one file.
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { 'kdump-inspect': 'bin/kdump-inspect.ts', 'census-worker': 'src/pages/census-worker.ts' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  outdir: 'dist',
  legalComments: 'none',
  metafile: true,
  define: {
    __KDUMP_INSPECT_VERSION__: JSON.stringify(version),
    __KDUMP_INSPECT_WORKER__: JSON.stringify('./census-worker.js'),
  },
  // The CommonJS packages inside the bundle still ask for Node's own modules by require().
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
  },
});
chmodSync('dist/kdump-inspect.js', 0o755);
cpSync('src/report/schemas', 'dist/schemas', { recursive: true });

// The licences of the packages inside the bundle ask to be kept with it.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap(
    (path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  ),
);
const licences = [...packages].sort().flatMap((folder) => {
  const file = ['LICENSE', 'license', 'LICENSE.md', 'LICENSE-MIT.txt', 'LICENSE.txt'].find((name) =>
    existsSync(`${folder}/${name}`),
  );
  if (!file) throw new Error(`${folder} is bundled, and has no licence file`);
  return [`${folder.slice('node_modules/'.length)}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`];
});
writeFileSync('dist/LICENSES.txt', licences.join(`\n${'-'.repeat(70)}\n\n`));
