// Bundles the program into dist/. Start-up is most of what a small dump takes, so: CommonJS, because Node.js loads it sooner
// than ES modules; without blanks and comments; and in few files, because each costs something, but not in one, because what
// is never run has to be read, too: program.js is all that `pages` needs for a dump of plain memory, and no more.
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';
import { tsImport } from 'tsx/esm/api';
import { ascii, LATER, later, licencesOf, withoutUnused } from './packages.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Which files modules go to, each with all that it imports; the first that a module can go to has it. */
const FILES = [
  {
    name: 'program',
    test: /\/(bin\/kdump-inspect|src\/cli\/command\/run-command|src\/cli\/commands\/pages|src\/report\/(render\/(terminal|render-text)|views\/pages-view))\.ts$/,
  },
  { name: 'kdump', test: /\/src\/formats\/kdump\/kdump-image\.ts$/ },
  { name: 'wide-text', test: /\/src\/report\/render\/wide-text\.ts$/ },
  { name: 'further', test: /./ },
];

const options = {
  platform: 'node',
  plugins: [withoutUnused, ascii],
  transform: {
    target: 'node20.19',
    define: { __KDUMP_INSPECT_VERSION__: JSON.stringify(version), __KDUMP_INSPECT_DIST__: '__dirname' },
  },
  // A text report is loaded by name where it is one of many, and comes along with a command that makes only that.
  checks: { ineffectiveDynamicImport: false },
};
const output = {
  dir: 'dist',
  format: 'cjs',
  exports: 'named',
  // Names stay, for the stack traces of --debug.
  minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
  comments: false,
  // Others are checked for having been set at each use.
  topLevelVar: true,
};

rmSync('dist', { recursive: true, force: true });
const bundles = await Promise.all([
  build({ ...options, input: { 'kdump-inspect': 'bin/launch.ts' }, external: './program.js', output }),
  build({
    ...options,
    input: { 'walk-worker': 'src/pages/worker/walk-worker.ts' },
    output: { ...output, chunkFileNames: 'walk-worker-[name].js' },
  }),
  build({
    ...options,
    input: { program: 'bin/kdump-inspect.ts' },
    preserveEntrySignatures: 'allow-extension',
    plugins: [...options.plugins, later],
    external: LATER.map((name) => `./${name}.js`),
    makeAbsoluteExternalsRelative: false,
    output: { ...output, chunkFileNames: '[name].js', codeSplitting: { groups: FILES } },
  }),
  ...LATER.map((name) => build({ ...options, input: { [name]: name }, output })),
]);
// The package itself is of ES modules.
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
chmodSync('dist/kdump-inspect.js', 0o755);
cpSync('src/report/schemas', 'dist/schemas', { recursive: true });
const { builtManPage } = await tsImport('./man-page.ts', import.meta.url);
writeFileSync('dist/kdump-inspect.1', builtManPage(version));
writeFileSync('dist/LICENSES.txt', licencesOf(bundles.flatMap(({ output }) => output)));
