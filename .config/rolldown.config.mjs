// How the program is bundled. Start-up is most of the time that a small dump takes, so modules are grouped
// into files by what commands need, which saves 21 ms of processor time over one file per module, and parts
// of Node.js that packages load but this program never uses are left out, which saves 10 ms (both on a 2.5
// GHz machine, of 64 ms in all).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import license from 'rollup-plugin-license';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const unused = fileURLToPath(new URL('unused.cjs', import.meta.url));

/** What both bundles have in common. */
const common = {
  platform: 'node',
  // commander wants child_process for commands that are programs of their own, chalk wants tty for colours
  // that nobody prints with.
  resolve: { alias: { 'node:child_process': unused, 'node:tty': unused } },
  transform: {
    target: 'node20.19',
    define: { __KDUMP_INSPECT_VERSION__: JSON.stringify(version), __KDUMP_INSPECT_DIST__: '__dirname' },
  },
  // The view of a report may be loaded by name in one place and come along with its command in another.
  checks: { ineffectiveDynamicImport: false },
};
const output = {
  dir: 'dist',
  // Node.js loads CommonJS sooner than ES modules.
  format: 'cjs',
  // Only local names are shortened (2 ms): the stack traces of --debug keep those of functions.
  minify: {
    mangle: { toplevel: false, keepNames: { function: true, class: true } },
    compress: true,
    codegen: { removeWhitespace: true },
  },
  comments: false,
  topLevelVar: true,
};

/** Modules of one command each, which take longer to load than most commands need for their work. */
const USAGE =
  'cli/commands/usage|pages/usage/|pages/attribution/(cgroup|slab-charges)|kernel/objects/(.*cgroup|kernfs)|report/(views/)?usage';
const PS =
  'cli/commands/ps|kernel/tasks/(process-|thread-names|task-tree|task-order)|report/(ps-|task-row|views/(ps-|task-command))';
/** Other formats, memory that a file does not place or leaves out, and what is said of a wrong command line or file. */
const RARE =
  'cli/(first-word|help|usage-error|words-of-other-tools|documentation/)|formats/(avml|vmware|foreign|folder)/|kernel/(hole/|evidence/near-names)|pages/absent/left-out';

/** Files, and the modules that each is made for. A module that several files need is in the first of them. */
const groups = [
  // All that `pages` needs for a plain ELF dump, the command that is run most often.
  {
    name: 'program',
    test: /\/(bin\/kdump-inspect|src\/(cli\/command\/run-command|cli\/commands\/pages|report\/render\/(terminal|render-text)|report\/views\/pages-view))\.ts$/,
  },
  { name: 'kdump', test: /\/src\/formats\/kdump\/kdump-image\.ts$/ },
  // What some texts need: colours, wrapped tables, wide characters.
  { name: 'chalk', test: /\/node_modules\/chalk\// },
  { name: 'cli-table3', test: /\/node_modules\/cli-table3\// },
  { name: 'wide-text', test: /\/src\/report\/render\/wide-text\.ts$/ },
  // All else, but for what only `usage` or `ps`, few dumps, or only errors and help need.
  {
    name: 'further',
    test: new RegExp(`/(src/(?!${[USAGE, PS, RARE].join('|')})|node_modules/)`),
  },
  { name: 'usage', test: new RegExp(`/src/(${USAGE})`) },
  { name: 'ps', test: new RegExp(`/src/(${PS})`) },
  { name: 'rare', test: /\/src\// },
];

const program = {
  ...common,
  input: { 'kdump-inspect': 'bin/launch.ts' },
  plugins: [license({ thirdParty: { output: 'dist/LICENSES.txt' } })],
  output: { ...output, chunkFileNames: '[name].js', codeSplitting: { groups } },
};

/** A thread of a scan. It shares no file with the program: of those it would need little. */
const worker = {
  ...common,
  input: { 'walk-worker': 'src/pages/worker/walk-worker.ts' },
  output: { ...output, chunkFileNames: 'walk-worker-[name].js' },
};

export { program, worker };
export default [program, worker];
