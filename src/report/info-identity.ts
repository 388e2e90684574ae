import type { SystemFacts } from '../kernel/system/system.ts';
import type { Vmcoreinfo } from '../kernel/vmcoreinfo/vmcoreinfo.ts';
import { type BootRow, bootRows } from './boots.ts';
import type { InfoValues } from './info-values.ts';
import { choiceOf, type VmcoreinfoChoice } from './vmcoreinfo-choice.ts';

export interface InfoIdentity {
  readonly kernel: {
    readonly release: string | null;
    readonly version: string | null;
    readonly machine: string | null;
    readonly buildId: string | null;
    /** Where the build id is from: VMCOREINFO, or the notes of the kernel's image; null without one. */
    readonly buildIdSource: 'vmcoreinfo' | 'image' | null;
  };
  /** Kernels that a search found; empty if the dump's own VMCOREINFO was enough. */
  readonly boots: readonly BootRow[];
  readonly vmcoreinfo: VmcoreinfoChoice;
  readonly host: { readonly name: string; readonly domain: string } | null;
}

/** Which kernel it is, and on which host. */
export function infoIdentity(
  values: InfoValues,
  info: Vmcoreinfo,
  { utsname, buildId }: SystemFacts,
): InfoIdentity {
  const uts = values.take('host', utsname, (value) => value);
  return {
    kernel: {
      release: info.get('OSRELEASE') ?? uts?.release ?? null,
      version: values.take('kernel.version', utsname, ({ version }) => version),
      machine: values.take('kernel.machine', utsname, ({ machine }) => machine),
      ...buildIdOf(values, info, buildId),
    },
    boots: bootRows(info.boots),
    vmcoreinfo: choiceOf(info),
    host: uts && { name: uts.nodename, domain: uts.domainname },
  };
}

type BuildId = Pick<InfoIdentity['kernel'], 'buildId' | 'buildIdSource'>;

/** The id that VMCOREINFO has, unless it is cut or missing: then that of the image. Both must agree. */
function buildIdOf(values: InfoValues, info: Vmcoreinfo, image: SystemFacts['buildId']): BuildId {
  const told = 'value' in image ? image.value : undefined;
  const { cutBuildId: cut } = info;
  const noted = info.get('BUILD-ID');
  const lost = (reason: string) => ({ buildId: values.lost('kernel.buildId', reason), buildIdSource: null });
  if (
    told !== undefined &&
    noted !== undefined &&
    (cut === undefined ? told !== noted : !told.startsWith(cut))
  )
    return lost(
      `VMCOREINFO has BUILD-ID=${noted}, and the notes of the kernel's image (__start_notes) have ${told}`,
    );
  if (noted !== undefined && cut === undefined) return { buildId: noted, buildIdSource: 'vmcoreinfo' };
  if (told !== undefined) return { buildId: told, buildIdSource: 'image' };
  const why = 'missing' in image ? image.missing : 'they have none';
  const reason =
    noted === undefined
      ? 'VMCOREINFO has no BUILD-ID: Linux writes it since 5.9'
      : `VMCOREINFO has BUILD-ID=${noted}, which begins with the header of a note, as some stable kernels wrote it; the notes of the kernel's image do not tell the build id either: ${why}`;
  return { buildId: values.given<string>('kernel.buildId', undefined, reason), buildIdSource: null };
}
