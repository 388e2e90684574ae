// What the bundle takes of packages, and what it owes them.
import { existsSync, readFileSync } from 'node:fs';

/**
 * Parts of Node.js that packages load and never use here; each takes milliseconds, for they bring streams and sockets along:
 * commander has child_process for commands that are programs of their own, which there are none of, and chalk asks tty
 * for the colours of a default that nobody prints with (src/report/terminal.ts makes its own).
 */
const UNUSED = {
  'node:child_process': 'module.exports = {};',
  'node:tty': 'module.exports = { isatty: () => false };',
};

/** Packages that most runs do without, as what the program has of them until the first of their objects is made. */
const STAND_INS = {
  chalk: `
    export class Chalk {
      constructor(options) { return new (require('./chalk.js').Chalk)(options); }
    }`,
  'cli-table3': `
    export default class {
      constructor(options) { return new (require('./cli-table3.js'))(options); }
    }`,
};

/** Modules of these texts in the place of those of these names. */
function instead(texts) {
  return {
    name: 'instead',
    resolveId: (source) => (source in texts ? `\0${source}` : null),
    load: (id) => texts[id.slice(1)] ?? null,
  };
}

export const withoutUnused = instead(UNUSED);

/** The packages that have a file of their own. */
export const LATER = Object.keys(STAND_INS);
export const later = instead(STAND_INS);

/** Writes a file in ASCII, which V8 keeps with a byte per character: one character beyond would double all of it. */
export const ascii = {
  name: 'ascii',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
  },
};

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The licences of the packages in bundles, which ask to be kept with them. */
export function licencesOf(outputs) {
  const modules = outputs.flatMap(({ moduleIds = [] }) => moduleIds);
  const folders = new Set(
    modules.flatMap((path) => /\/(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const licences = [...folders].sort().map((folder) => {
    const file = ['LICENSE', 'license', 'LICENSE.md', 'LICENSE-MIT.txt', 'LICENSE.txt'].find((name) =>
      existsSync(`${folder}/${name}`),
    );
    if (!file) throw new Error(`${folder} is bundled, and has no licence file`);
    const text = readFileSync(`${folder}/${file}`, 'utf8').trim();
    return `${folder.slice('node_modules/'.length)}\n\n${text}\n`;
  });
  return licences.join(`\n${'-'.repeat(70)}\n\n`);
}
