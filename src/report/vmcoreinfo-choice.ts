import type { TextCandidate } from '../formats/image/image.ts';
import type { Vmcoreinfo } from '../kernel/vmcoreinfo/vmcoreinfo.ts';

/** Which text is the VMCOREINFO of the dump, and why, in JSON. */
export interface VmcoreinfoChoice {
  /** Where it was found. */
  readonly source: string;
  /** Every text that was tested, the one that is used among them; empty if none had to be. */
  readonly candidates: readonly TextCandidate[];
}

export function choiceOf({ source, candidates }: Vmcoreinfo): VmcoreinfoChoice {
  return { source, candidates };
}

/** The choice as a sentence. */
export function choiceText({ source, candidates }: VmcoreinfoChoice): string {
  const believed = candidates.find(({ verdict }) => verdict === 'believed');
  const taken = believed ? `${believed.source}: ${believed.reason}` : source;
  const others = candidates.filter(({ verdict }) => verdict !== 'believed' && verdict !== 'agrees');
  return [taken, ...others.map((one) => `not ${one.source}: ${one.reason}`)].join('; ');
}
