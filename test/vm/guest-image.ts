import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cache, dist, kernelFile } from './cache.ts';
import { balloonPages, type Kernel } from './kernels.ts';
import { makedumpfileOf } from './makedumpfile.ts';
import { installModules } from './modules.ts';
import { install, installProgram, installScript, installTool } from './programs.ts';
import { lockdownQuestions, questions } from './questions.ts';

/** What QEMU boots a guest from. */
export interface GuestImage {
  readonly initrd: string;
  readonly disk: string;
}

/** Builds in `folder` the initramfs, which serves both kernels of a crash, and the root disk of the first one. */
export function buildGuestImage(kernel: Kernel, folder: string): GuestImage {
  const image = { initrd: path.join(folder, 'initrd'), disk: path.join(folder, 'root.ext4') };
  const tree = path.join(folder, 'tree');
  makeTree(tree);
  fillInitramfs(tree, kernel);
  // Not compressed: unpacking takes longer under software emulation than reading.
  execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet >"$0"', image.initrd], { cwd: tree });
  makeTree(tree);
  fillRootDisk(tree, kernel, image.initrd);
  execFileSync('/sbin/mke2fs', ['-q', '-t', 'ext4', '-d', tree, image.disk, '512M']);
  rmSync(tree, { recursive: true });
  return image;
}

function makeTree(tree: string): void {
  rmSync(tree, { recursive: true, force: true });
  for (const folder of ['dev', 'etc', 'mnt', 'modules', 'proc', 'root', 'sys', 'tmp']) {
    mkdirSync(path.join(tree, folder), { recursive: true });
  }
  install(tree, '/bin/busybox', '/bin/busybox');
}

function fillInitramfs(tree: string, kernel: Kernel): void {
  installScript(tree, '/init', guestFile('initramfs.sh'));
  installModules(kernel.suite, ['virtio_blk', 'virtio_pci'], path.join(tree, 'modules'));
}

function fillRootDisk(tree: string, kernel: Kernel, initrd: string): void {
  installScript(tree, '/sbin/init', guestFile('init.sh'));
  writeFileSync(path.join(tree, 'etc/guest'), guestSettings(kernel));
  writeFileSync(path.join(tree, 'etc/questions'), questionLines(questions));
  writeFileSync(path.join(tree, 'etc/questions.lockdown'), questionLines(lockdownQuestions));
  installModules(kernel.suite, ['virtio_balloon'], path.join(tree, 'modules'));
  install(tree, kernelFile(kernel.suite, 'vmlinuz'), '/boot/vmlinuz');
  install(tree, initrd, '/boot/initrd');
  install(tree, path.join(cache, 'workload'), '/bin/workload');
  installTool(tree, makedumpfileOf(kernel), '/bin/makedumpfile');
  installTool(tree, 'usr/sbin/kexec', '/bin/kexec');
  installProgram(tree, '/usr/bin/setpriv', '/bin/setpriv');
  installInspector(tree);
}

function installInspector(tree: string): void {
  installProgram(tree, process.execPath, '/bin/node');
  // The folder alone, as the README says for machines without npm.
  cpSync(dist, path.join(tree, 'app/dist'), { recursive: true });
  installScript(tree, '/app/count-at-exit.mjs', guestFile('count-at-exit.mjs'));
  installScript(tree, '/app/read-kmsg.mjs', guestFile('read-kmsg.mjs'));
  installScript(tree, '/bin/kdump-inspect', '#!/bin/sh\nexec node /app/dist/kdump-inspect.js "$@"\n');
}

const guestFile = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, 'guest', name), 'utf8');

const guestSettings = (kernel: Kernel): string =>
  `BALLOON_PAGES=${balloonPages}\nPOISONED_PAGES=${kernel.poisonedPages}\nKEXEC_SYSTEM_CALL=${kernel.kexecSystemCall}\n`;

const questionLines = (asked: Readonly<Record<string, string>>): string =>
  Object.entries(asked)
    .map(([name, command]) => `${name}|${command}\n`)
    .join('');
