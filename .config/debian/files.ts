import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { COMMANDS } from '../../src/cli/declarations/commands.ts';
import { bashCompletion } from '../../src/cli/documentation/completion/bash.ts';
import { fishCompletion } from '../../src/cli/documentation/completion/fish.ts';
import { zshCompletion } from '../../src/cli/documentation/completion/zsh.ts';
import { debianChangelog, type Release } from './changelog.ts';

/** A file that a package installs, or a symbolic link. */
export interface PackagedFile {
  /** From the root of the file system, without the first slash. */
  readonly path: string;
  readonly content?: string | Buffer;
  readonly link?: string;
  readonly executable?: boolean;
}

const PROGRAM = 'usr/share/kdump-inspect';
const DOC = 'usr/share/doc/kdump-inspect';

/** All files of the package, from dist/ as it is built. */
export function packagedFiles(releases: readonly Release[], maintainer: string): PackagedFile[] {
  return [
    ...programFiles(),
    { path: 'usr/bin/kdump-inspect', link: '../share/kdump-inspect/kdump-inspect.js' },
    { path: 'usr/share/man/man1/kdump-inspect.1.gz', content: packed(readFileSync('dist/kdump-inspect.1')) },
    { path: 'usr/share/bash-completion/completions/kdump-inspect', content: bashCompletion(COMMANDS) },
    { path: 'usr/share/zsh/vendor-completions/_kdump-inspect', content: zshCompletion(COMMANDS) },
    {
      path: 'usr/share/fish/vendor_completions.d/kdump-inspect.fish',
      content: fishCompletion(COMMANDS),
    },
    { path: `${DOC}/copyright`, content: copyright() },
    { path: `${DOC}/changelog.gz`, content: packed(debianChangelog(releases, maintainer)) },
  ];
}

/** dist/ without the manual and the licences, which have places of their own. */
function programFiles(): PackagedFile[] {
  const names = readdirSync('dist', { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(js|json)$/.test(name))
    .toSorted()
    .map(programFile);
}

function programFile(name: string): PackagedFile {
  const content = readFileSync(`dist/${name}`, 'utf8');
  const path = `${PROGRAM}/${name}`;
  if (!content.startsWith('#!')) return { path, content };
  // The package depends on Debian's Node.js; another one may come first in PATH.
  return { path, content: content.replace(/^#!.*/, '#!/usr/bin/node'), executable: true };
}

function copyright(): string {
  const own = readFileSync('LICENSE', 'utf8');
  const others = readFileSync('dist/LICENSES.txt', 'utf8');
  return `kdump-inspect\n\n${own}\nIt contains parts of these packages:\n\n${others}`;
}

function packed(content: string | Buffer): Buffer {
  return gzipSync(content, { level: 9 });
}
