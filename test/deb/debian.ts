import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The first release of Debian whose Node.js is new enough. */
const SUITE = 'trixie';
/** Where its root is kept from one run to the next. */
const FOLDER = process.env.KDUMP_INSPECT_DEBIAN ?? join(tmpdir(), 'kdump-inspect-debian');
export const DEBIAN = join(FOLDER, SUITE);

/** Installs a small Debian with Node.js and bash's completion in a folder, on first use. Needs root. */
export function installDebian(): void {
  if (existsSync(DEBIAN)) return;
  const unfinished = `${DEBIAN}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const options = ['--variant=minbase', '--include=nodejs,bash-completion'];
  execFileSync('debootstrap', [...options, SUITE, unfinished, mirror()], { stdio: 'inherit' });
  renameSync(unfinished, DEBIAN);
}

/** The mirror from which this machine itself installs, because others may be out of reach. */
function mirror(): string {
  const targets = ['indextargets', '--format', '$(LABEL) $(REPO_URI)', 'Created-By: Packages'];
  const lines = execFileSync('apt-get', targets, { encoding: 'utf8' }).split('\n');
  const [, found] = lines.map((line) => /^Debian (\S+)$/.exec(line)).find((match) => match !== null) ?? [];
  if (found === undefined) throw new Error('apt knows no Debian mirror; run apt-get update');
  return found;
}

/** Runs a program in that Debian, and returns what it printed. @throws Error if its status is not 0 */
export function inDebian(program: string, ...args: string[]): string {
  return execFileSync('chroot', [DEBIAN, program, ...args], { env: ENVIRONMENT, encoding: 'utf8' });
}

/** The same as a user without rights. */
export function asNobody(program: string, ...args: string[]): string {
  const line = ['--userspec=nobody:nogroup', DEBIAN, program, ...args];
  return execFileSync('chroot', line, { env: ENVIRONMENT, encoding: 'utf8' });
}

const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};
