// Bundles the program into dist/: one file, and one for the threads. Start-up is most of what a small dump takes, so:
// CommonJS, for Node.js loads one such file sooner than ES modules; one file, for each further one costs
// something, too, but for packages that only some runs need; without blanks and comments. What V8 compiles of it is kept beside
// it (bin/launch.ts), and made here: the compile cache of Node.js would write to the user's disk unasked.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliDecompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/**
 * Parts of Node.js that packages load and never use here; each takes milliseconds, for they bring streams and sockets along:
 * commander has child_process for commands that are programs of their own, which there are none of, and chalk asks tty
 * for the colours of a default that nobody prints with (src/report/terminal.ts makes its own).
 */
const UNUSED = {
  'node:child_process': 'module.exports = {};',
  'node:tty': 'module.exports = { isatty: () => false };',
};

const withoutUnused = {
  name: 'without unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(child_process|tty)$/ }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: UNUSED[path] }));
  },
};

/** Packages that most runs need: in the bundle, so that their compiled code is kept, too. */
const BUNDLED = ['commander', 'chalk', 'cli-table3'];
/** All others have a file of their own, loaded when a module that imports one first runs. */
const LAZY = Object.keys(dependencies).filter((name) => !BUNDLED.includes(name));

const lazyPackages = {
  name: 'lazy packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      LAZY.includes(path) && kind !== 'entry-point'
        ? { path: `./packages/${path}.js`, external: true }
        : undefined,
    );
  },
};

const options = {
  bundle: true,
  minifyWhitespace: true,
  minifySyntax: true,
  // Names stay, for the stack traces of --debug.
  minifyIdentifiers: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  outdir: 'dist',
  legalComments: 'none',
  metafile: true,
  define: { __KDUMP_INSPECT_VERSION__: JSON.stringify(version), __KDUMP_INSPECT_DIST__: '__dirname' },
  plugins: [withoutUnused, lazyPackages],
  // It is asked only where the program is run from source.
  logOverride: { 'empty-import-meta': 'silent' },
};

rmSync('dist', { recursive: true, force: true });
const results = await Promise.all([
  build({
    ...options,
    entryPoints: {
      'kdump-inspect': 'bin/launch.ts',
      'census-worker': 'src/pages/census-worker.ts',
      ...Object.fromEntries(LAZY.map((name) => [`packages/${name}`, name])),
    },
  }),
  // As a function of what Node.js gives a module, for bin/launch.ts to run.
  build({
    ...options,
    entryPoints: { program: 'bin/kdump-inspect.ts' },
    banner: { js: '(function(require,module,__dirname){' },
    footer: { js: '})' },
  }),
]);
// The package itself is of ES modules.
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
chmodSync('dist/kdump-inspect.js', 0o755);
cpSync('src/report/schemas', 'dist/schemas', { recursive: true });

// A dump of another format than most, for the small ones are: what is compiled for it is much the same.
const TRAINING = 'fixtures/linux-6.1-zlib.kdump.br';
if (existsSync(TRAINING)) {
  const dump = 'dist/training';
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 };
  writeFileSync(dump, brotliDecompressSync(readFileSync(TRAINING), { params }));
  execFileSync(process.execPath, ['.config/code-cache.mjs', 'dist/program.js', 'pages', dump], {
    stdio: 'ignore',
  });
  rmSync(dump);
}

// The licences of the packages inside the bundle ask to be kept with it.
const packages = new Set(
  results
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap((path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
);
const licences = [...packages].sort().flatMap((folder) => {
  const file = ['LICENSE', 'license', 'LICENSE.md', 'LICENSE-MIT.txt', 'LICENSE.txt'].find((name) =>
    existsSync(`${folder}/${name}`),
  );
  if (!file) throw new Error(`${folder} is bundled, and has no licence file`);
  return [`${folder.slice('node_modules/'.length)}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`];
});
writeFileSync('dist/LICENSES.txt', licences.join(`\n${'-'.repeat(70)}\n\n`));
