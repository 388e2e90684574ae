import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Answers } from './answers.ts';
import { kernelFile } from './cache.ts';
import type { GuestImage } from './guest-image.ts';
import { balloonPages, type Kernel } from './kernels.ts';

const memoryMiB = 768;
const pagesPerMiB = 256;
/** Sparse. The segments of a vmcore overlap, so it can be larger than the memory. */
const vmcoreDiskBytes = 1 << 30;
/** A boot with its crash takes one to two minutes of software emulation; many more mean that the guest hangs. */
const patience = 10 * 60_000;

/** What is left of a guest. */
export interface CrashedGuest {
  readonly answers: Answers;
  /** The file that the capture kernel saved /proc/vmcore to. */
  readonly vmcore: string;
}

/** Boots the kernel, lets the guest answer its questions and crash, and waits until its memory is saved in `folder`. */
export async function bootAndCrash(kernel: Kernel, image: GuestImage, folder: string): Promise<CrashedGuest> {
  const console = path.join(folder, 'console');
  const serial = path.join(folder, 'answers');
  const vmcore = path.join(folder, 'vmcore');
  for (const file of [console, serial, vmcore]) writeFileSync(file, '');
  truncateSync(vmcore, vmcoreDiskBytes);
  try {
    await runQemu([
      ...machine(kernel),
      ...['-kernel', kernelFile(kernel.suite, 'vmlinuz'), '-initrd', image.initrd],
      // The reservation holds the capture kernel; makedumpfile --mem-usage insists on one, too.
      ...['-append', 'console=ttyS0 quiet panic=-1 crashkernel=192M'],
      ...['-serial', `file:${console}`, '-serial', `file:${serial}`, '-device', 'virtio-balloon'],
      ...disk(image.disk),
      ...disk(vmcore),
    ]);
    const answers = new Answers(readFileSync(serial, 'utf8'));
    truncateSync(vmcore, Number(answers.text('vmcore')));
    return { answers, vmcore };
  } catch (cause) {
    throw new Error(`the guest of ${kernel.suite} failed; its last words:\n${tail(console)}`, { cause });
  }
}

const machine = (kernel: Kernel): string[] => [
  // QEMU 7.2 emulates cmpxchg16b wrongly: guests that use it die at random.
  ...['-accel', 'tcg', '-cpu', `max,la57=${kernel.pagingLevels === 5 ? 'on' : 'off'},cx16=off`],
  ...['-m', String(memoryMiB), '-no-reboot', '-nic', 'none', '-display', 'none', '-monitor', 'stdio'],
];

const disk = (file: string): string[] => ['-drive', `file=${file},if=virtio,format=raw,cache=unsafe`];

/** Runs a guest until it turns itself off. */
async function runQemu(options: readonly string[]): Promise<void> {
  const qemu = spawn('qemu-system-x86_64', options, {
    stdio: ['pipe', 'ignore', 'inherit'],
    signal: AbortSignal.timeout(patience),
    killSignal: 'SIGKILL',
  });
  // A QEMU that does not start says why by itself; its closed monitor says nothing more.
  qemu.stdin.on('error', () => {});
  // Said to the monitor before the guest has a driver, which finds this size when it comes.
  qemu.stdin.write(`balloon ${memoryMiB - balloonPages / pagesPerMiB}\n`);
  await once(qemu, 'exit');
}

const tail = (file: string): string => readFileSync(file, 'latin1').split('\n').slice(-40).join('\n');
