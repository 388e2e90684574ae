import { readFileSync } from 'node:fs';
import type { InspectError } from '../../errors.ts';

/** CAP_SYS_RAWIO of include/uapi/linux/capability.h: open_kcore asks for it */
const CAP_SYS_RAWIO = 17n;

/** What the system says of this process and of itself; texts as the files have them, empty where they cannot be read. */
export interface AccessFacts {
  /** /sys/kernel/security/lockdown: "none [integrity] confidentiality", the one in force in brackets. */
  readonly lockdown: string;
  /** /proc/self/status, for CapEff. */
  readonly status: string;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Reads what explains a refused open. */
export function accessFacts(): AccessFacts {
  return { lockdown: textOf('/sys/kernel/security/lockdown'), status: textOf('/proc/self/status') };
}

/** What to do when /proc/kcore could not be opened or read, by the system's error name and its own account of why. */
export function kcoreHint({ facts: { errno } }: InspectError, facts: AccessFacts): string | undefined {
  switch (errno) {
    case 'ENOENT':
      return 'this kernel has no /proc/kcore (CONFIG_PROC_KCORE is off), or procfs is not mounted here (a container?)';
    case 'EACCES':
      return 'only root may read it: run it with sudo (it takes CAP_DAC_READ_SEARCH and CAP_SYS_RAWIO)';
    case 'EPERM':
      return refused(facts);
    default:
      return undefined;
  }
}

/** Confidentiality is the one level that forbids it (LOCKDOWN_KCORE, include/linux/security.h); integrity does not. */
function refused({ lockdown, status }: AccessFacts): string {
  if (lockdown.includes('[confidentiality]')) {
    return (
      'the kernel is locked down ("confidentiality" in /sys/kernel/security/lockdown), so nobody may read its memory: ' +
      'boot without lockdown=confidentiality, or inspect a crash dump'
    );
  }
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const lacks = capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> CAP_SYS_RAWIO) & 1n) === 0n;
  if (lacks)
    return 'this process lacks the capability CAP_SYS_RAWIO: run it as root, in a container with --cap-add SYS_RAWIO';
  return 'opening it takes CAP_SYS_RAWIO, and that the kernel is not locked down (/sys/kernel/security/lockdown)';
}
