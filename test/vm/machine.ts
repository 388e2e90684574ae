import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Answers } from './answers.ts';
import { kernelFile } from './cache.ts';
import type { GuestImage } from './guest-image.ts';
import { balloonPages, type Kernel } from './kernels.ts';

const memoryMiB = 768;
const pagesPerMiB = 256;
/** Sparse. The segments of a vmcore overlap, so it can be larger than the memory. */
const vmcoreDiskBytes = 1 << 30;
/**
 * A boot with its crash takes one to two minutes under software emulation, and several times as long if
 * others use the processors. If it takes many more, the guest hangs.
 */
const patience = 20 * 60_000;

/** What is left of a guest. */
export interface CrashedGuest {
  readonly answers: Answers;
  /** The file to which the capture kernel saved /proc/vmcore. */
  readonly vmcore: string;
}

/** Boots the kernel, lets the guest answer and crash, and waits until its memory is saved in `folder`. */
export async function bootAndCrash(kernel: Kernel, image: GuestImage, folder: string): Promise<CrashedGuest> {
  const vmcore = path.join(folder, 'vmcore');
  writeFileSync(vmcore, '');
  truncateSync(vmcore, vmcoreDiskBytes);
  const answers: Answers = await boot(kernel, image, folder, {
    memory: String(memoryMiB),
    // The reservation is for the capture kernel; makedumpfile --mem-usage requires one, too.
    parameters: 'crashkernel=192M',
    options: ['-device', 'virtio-balloon', ...numa(kernel)],
    disks: [vmcore],
    // Sent to the monitor before the guest has a driver, which finds this size when it starts.
    attend: (say) => say(`balloon ${memoryMiB - balloonPages / pagesPerMiB}`),
  });
  truncateSync(vmcore, Number(answers.text('vmcore')));
  return { answers, vmcore };
}

/** What a guest has besides its kernel, its root disk and its two serial ports. */
export interface Machine {
  /** QEMU's -m. */
  readonly memory: string;
  /** Parameters on the kernel's command line. */
  readonly parameters: string;
  readonly options: readonly string[];
  /** /dev/vdb and the following disks. */
  readonly disks: readonly string[];
  /** Talks to QEMU's monitor while the guest runs, until `ended`. */
  readonly attend: (say: (command: string) => void, ended: AbortSignal) => void;
}

/** Boots the kernel and waits until the guest has turned itself off; returns its answers. */
export async function boot<Name extends string>(
  kernel: Kernel,
  image: GuestImage,
  folder: string,
  { memory, parameters, options, disks, attend }: Machine,
): Promise<Answers<Name>> {
  const console = path.join(folder, 'console');
  const serial = path.join(folder, 'answers');
  for (const file of [console, serial]) writeFileSync(file, '');
  try {
    await runQemu(
      [
        ...cpu(kernel),
        ...['-m', memory, '-no-reboot', '-nic', 'none', '-display', 'none', '-monitor', 'stdio'],
        ...['-kernel', kernelFile(kernel.name, 'vmlinuz'), '-initrd', image.initrd],
        ...['-append', `${lateTimer} ${lateThread} console=ttyS0 quiet panic=-1 ${parameters}`],
        ...['-serial', `file:${console}`, '-serial', `file:${serial}`],
        ...[image.disk, ...disks].flatMap(disk),
        ...options,
      ],
      path.join(folder, 'monitor'),
      attend,
    );
    return new Answers<Name>(readFileSync(serial, 'utf8'));
  } catch (cause) {
    throw new Error(`the guest of ${kernel.name} failed; its last words:\n${tail(console)}`, { cause });
  }
}

/** A kernel tests its timer at boot, and gives up if ticks are late, as they are on a busy machine. */
export const lateTimer = 'no_timer_check';

/**
 * A real-time kernel handles an interrupt in a thread. On a busy machine that comes so late that the kernel
 * gives up a serial port whose interrupts nobody seems to handle, and with it the answers.
 */
const lateThread = 'noirqdebug';

const cpu = ({ pagingLevels }: Kernel): string[] => [
  // QEMU 7.2 emulates cmpxchg16b wrongly: guests that use it die at random. With two processors they also die
  // when the kernel patches code that the other one runs.
  ...['-accel', 'tcg', '-cpu', `max,la57=${pagingLevels === 5 ? 'on' : 'off'},cx16=off`],
];

/** A node per half of the memory; the processor is in the first. */
const numa = ({ nodes }: Kernel): string[] => {
  if (nodes === 1) return [];
  return [0, 1].flatMap((node) => [
    ...['-object', `memory-backend-ram,id=half${node},size=${memoryMiB / 2}M`],
    ...['-numa', `node,nodeid=${node},memdev=half${node}${node === 0 ? ',cpus=0' : ''}`],
  ]);
};

const disk = (file: string): string[] => ['-drive', `file=${file},if=virtio,format=raw,cache=unsafe`];

/** Runs a guest until it turns itself off. */
async function runQemu(
  options: readonly string[],
  monitor: string,
  attend: Machine['attend'],
): Promise<void> {
  const qemu = spawn('qemu-system-x86_64', options, {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal: AbortSignal.timeout(patience),
    killSignal: 'SIGKILL',
  });
  qemu.stdout.pipe(createWriteStream(monitor));
  // A QEMU that does not start reports why itself; its closed monitor says nothing more.
  qemu.stdin.on('error', () => {});
  const running = new AbortController();
  attend((command) => qemu.stdin.write(`${command}\n`), running.signal);
  try {
    await once(qemu, 'exit');
  } finally {
    running.abort();
  }
}

const tail = (file: string): string => readFileSync(file, 'latin1').split('\n').slice(-40).join('\n');
