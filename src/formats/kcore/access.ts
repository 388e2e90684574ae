import { readFileSync, statfsSync } from 'node:fs';
import { PROC_SUPER_MAGIC } from '../../bytes/file-source.ts';
import { InspectError } from '../../errors.ts';

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
  return {
    lockdown: textOf('/sys/kernel/security/lockdown'),
    status: textOf('/proc/self/status'),
  };
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

const UNMASK =
  'run it on the host, or in a container that sees it: --security-opt systempaths=unconfined (Docker), ' +
  '--security-opt unmask=/proc/kcore (Podman), procMount: Unmasked (Kubernetes), each with the capability SYS_RAWIO';

/**
 * The error for a /proc/kcore that another file lies over: Docker, Podman and containerd put /dev/null there (maskedPaths
 * of the OCI runtime specification). undefined where it is procfs's own, or was refused.
 */
export function maskedKcore({ facts }: InspectError, path: string): InspectError | undefined {
  if (facts.errno !== undefined || isOfProcfs(path)) return undefined;
  const message = `${path}: it is masked: another file has been put in its place, as container runtimes do with /dev/null`;
  return new InspectError('io', message, { path, hint: UNMASK });
}

function isOfProcfs(path: string): boolean {
  try {
    return statfsSync(path).type === PROC_SUPER_MAGIC;
  } catch {
    return true;
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
