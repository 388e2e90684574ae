import { readFileSync, statfsSync } from 'node:fs';
import { PROC_SUPER_MAGIC } from '../../bytes/file-source.ts';
import { InspectError } from '../../errors.ts';

/** CAP_SYS_RAWIO of include/uapi/linux/capability.h: open_kcore requires it */
const CAP_SYS_RAWIO = 17n;

/** What the system says about itself and this process: texts of files, empty if they cannot be read. */
export interface AccessFacts {
  /**
   * /sys/kernel/security/lockdown: "none [integrity] confidentiality", with the current level in brackets.
   */
  readonly lockdown: string;
  /** /proc/self/status, for CapEff. */
  readonly status: string;
  /** /proc/self/uid_map: in the first user namespace, all users as they are. */
  readonly uidMap: string;
}

/** Reads a file of the running system; empty if it cannot be read. */
export function systemText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Reads what may explain why an open was refused. */
export function accessFacts(): AccessFacts {
  return {
    lockdown: systemText('/sys/kernel/security/lockdown'),
    status: systemText('/proc/self/status'),
    uidMap: systemText('/proc/self/uid_map'),
  };
}

/** What to do if /proc/kcore cannot be opened or read, by the system's error name and what it says. */
export function kcoreHint({ facts: { errno } }: InspectError, facts: AccessFacts): string | undefined {
  switch (errno) {
    case 'ENOENT':
      return 'this kernel has no /proc/kcore (CONFIG_PROC_KCORE is off), or procfs is not mounted here (a container?)';
    case 'EACCES':
      if (isNamespaced(facts)) return NAMESPACED;
      return 'only root may read it: run kdump-inspect with sudo (it needs CAP_DAC_READ_SEARCH and CAP_SYS_RAWIO)';
    case 'EPERM':
      return refused(facts);
    default:
      return undefined;
  }
}

/** Kubernetes has procMount: Unmasked only with hostUsers: false, in a user namespace, where it cannot be opened. */
const UNMASK =
  'run kdump-inspect on the host, or in a container that sees it: --privileged, or --cap-add SYS_RAWIO with ' +
  '--security-opt systempaths=unconfined (Docker) or unmask=/proc/kcore (Podman); privileged: true (Kubernetes)';

/**
 * The error for a masked /proc/kcore: Docker, Podman and containerd mount /dev/null over it (maskedPaths of
 * the OCI runtime specification). Undefined if the file is procfs's own, or if it could not be opened.
 */
export function maskedKcore({ facts }: InspectError, path: string): InspectError | undefined {
  if (facts.errno !== undefined || isOfProcfs(path)) return undefined;
  const message = `${path}: it is masked: another file is mounted over it, as container runtimes do with /dev/null`;
  return new InspectError('io', message, { path, hint: UNMASK });
}

const NAMESPACED =
  'this process is in a user namespace, as in a rootless container, whose root is no root for /proc/kcore: ' +
  'run kdump-inspect on the host';

/** Whether users are mapped. open_kcore asks for the capability in the first user namespace (capable()). */
function isNamespaced({ uidMap }: AccessFacts): boolean {
  return uidMap !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap);
}

function isOfProcfs(path: string): boolean {
  try {
    return statfsSync(path).type === PROC_SUPER_MAGIC;
  } catch {
    return true;
  }
}

/**
 * Only the level confidentiality forbids it (LOCKDOWN_KCORE, include/linux/security.h); integrity does not.
 */
function refused(facts: AccessFacts): string {
  const { lockdown, status } = facts;
  if (lockdown.includes('[confidentiality]')) {
    return (
      'the kernel is locked down ("confidentiality" in /sys/kernel/security/lockdown), so nobody may read its memory: ' +
      'boot without lockdown=confidentiality, or inspect a crash dump'
    );
  }
  if (isNamespaced(facts)) return NAMESPACED;
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const lacks = capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> CAP_SYS_RAWIO) & 1n) === 0n;
  if (lacks)
    return 'this process lacks the capability CAP_SYS_RAWIO: run kdump-inspect as root, in a container also with --cap-add SYS_RAWIO';
  return 'opening it needs CAP_SYS_RAWIO, and a kernel that is not locked down (/sys/kernel/security/lockdown)';
}
