import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dist } from './cache.ts';
import type { Kernel } from './kernels.ts';
import { installModules } from './modules.ts';
import { install, installProgram, installScript } from './programs.ts';

/** What QEMU boots a guest from. */
export interface GuestImage {
  readonly initrd: string;
  readonly disk: string;
}

/** The name of each answer, and the shell command that gives it. */
export type Questions = Readonly<Record<string, string>>;

/** What makes one kind of guest. All of them have busybox, the inspector, and guest/answers.sh. */
export interface GuestPlan {
  /** The file of guest/ with which the root disk starts. */
  readonly init: string;
  /** Shell variables for it. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** The questions, in files below /etc. */
  readonly questions: Readonly<Record<string, Questions>>;
  /** Kernel modules that it loads, and programs of this machine. */
  readonly modules: readonly string[];
  readonly programs: readonly string[];
  /** Puts anything else that it needs on its root disk. */
  readonly furnish: (tree: string, initrd: string) => void;
}

/** Builds the initramfs, which also serves a capture kernel, and the root disk in `folder`. */
export function buildGuestImage(kernel: Kernel, plan: GuestPlan, folder: string): GuestImage {
  const image = { initrd: path.join(folder, 'initrd'), disk: path.join(folder, 'root.ext4') };
  const tree = path.join(folder, 'tree');
  makeTree(tree);
  fillInitramfs(tree, kernel);
  // Not compressed: unpacking takes longer than reading under software emulation.
  execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet >"$0"', image.initrd], { cwd: tree });
  makeTree(tree);
  fillRootDisk(tree, kernel, plan);
  plan.furnish(tree, image.initrd);
  makeDisk(tree, image.disk, 512);
  rmSync(tree, { recursive: true });
  return image;
}

/** Makes an ext4 file system of `mib` MiB from a folder. */
export function makeDisk(tree: string, file: string, mib: number): void {
  execFileSync('/sbin/mke2fs', ['-q', '-t', 'ext4', '-b', '4096', '-d', tree, file, `${mib}M`]);
}

function makeTree(tree: string): void {
  rmSync(tree, { recursive: true, force: true });
  for (const folder of ['dev', 'etc', 'mnt', 'modules', 'proc', 'root', 'sys', 'tmp']) {
    mkdirSync(path.join(tree, folder), { recursive: true });
  }
  install(tree, '/bin/busybox', '/bin/busybox');
}

/** What the root disk needs; ext4 asks for a checksum by a name that no dependency tells. */
const rootDiskModules = ['virtio_pci', 'virtio_blk', 'crc32c_generic', 'crc32c-cryptoapi', 'ext4'];

function fillInitramfs(tree: string, kernel: Kernel): void {
  installScript(tree, '/init', guestFile('initramfs.sh'));
  installModules(kernel.name, rootDiskModules, path.join(tree, 'modules'));
}

function fillRootDisk(tree: string, kernel: Kernel, plan: GuestPlan): void {
  installScript(tree, '/sbin/init', guestFile(plan.init));
  installScript(tree, '/etc/answers.sh', guestFile('answers.sh'));
  const lines = Object.entries(plan.settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path.join(tree, 'etc/guest'), lines.join(''));
  for (const [file, asked] of Object.entries(plan.questions)) {
    writeFileSync(path.join(tree, 'etc', file), questionLines(asked));
  }
  installModules(kernel.name, plan.modules, path.join(tree, 'modules'));
  for (const program of plan.programs)
    installProgram(tree, program, path.join('/bin', path.basename(program)));
  installInspector(tree);
}

function installInspector(tree: string): void {
  installProgram(tree, process.execPath, '/bin/node');
  // Only the folder, as the README says for machines without npm.
  cpSync(dist, path.join(tree, 'app/dist'), { recursive: true });
  installScript(tree, '/bin/kdump-inspect', '#!/bin/sh\nexec node /app/dist/kdump-inspect.js "$@"\n');
}

/** The text of a file in guest/. */
export const guestFile = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, 'guest', name), 'utf8');

const questionLines = (asked: Questions): string =>
  Object.entries(asked)
    .map(([name, command]) => `${name}|${command}\n`)
    .join('');
