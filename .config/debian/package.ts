// Makes kdump-inspect_VERSION_all.deb from dist/ and the declarations of the commands:
// npm run package:deb [-- FOLDER]. The same source gives the same bytes.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { releasesOf } from './changelog.ts';
import { controlFile, MAINTAINER, md5sums } from './control.ts';
import { type PackagedFile, packagedFiles } from './files.ts';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const releases = releasesOf(readFileSync('CHANGELOG.md', 'utf8'));
const [, , folder = '.'] = process.argv;
const tree = mkdtempSync(join(tmpdir(), 'kdump-inspect-deb-'));
// Modes in the package do not depend on the user's.
process.umask(0o022);
try {
  chmodSync(tree, 0o755);
  const files = packagedFiles(releases, MAINTAINER);
  for (const file of files) write(file);
  write({ path: 'DEBIAN/control', content: controlFile(manifest, files) });
  write({ path: 'DEBIAN/md5sums', content: md5sums(files) });
  pack(join(folder, `kdump-inspect_${manifest.version}_all.deb`));
} finally {
  rmSync(tree, { recursive: true });
}

function write({ path, content, link, executable }: PackagedFile): void {
  const full = join(tree, path);
  mkdirSync(dirname(full), { recursive: true, mode: 0o755 });
  if (link !== undefined) symlinkSync(link, full);
  else writeFileSync(full, content ?? '', { mode: executable ? 0o755 : 0o644 });
}

/** Times in the package are those of the release, unless SOURCE_DATE_EPOCH says another one. */
function pack(path: string): void {
  const released = releases.find(({ version }) => version === manifest.version);
  if (released === undefined) throw new Error(`CHANGELOG.md has no release ${manifest.version}`);
  const { SOURCE_DATE_EPOCH = String(released.date.getTime() / 1000) } = process.env;
  const names = ['.', ...readdirSync(tree, { recursive: true, encoding: 'utf8' })];
  for (const name of names)
    lutimesSync(join(tree, name), Number(SOURCE_DATE_EPOCH), Number(SOURCE_DATE_EPOCH));
  const options = ['--root-owner-group', '-Zxz', '--build', tree, path];
  execFileSync('dpkg-deb', options, { env: { ...process.env, SOURCE_DATE_EPOCH }, stdio: 'inherit' });
}
