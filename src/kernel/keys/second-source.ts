import { InspectError } from '../../errors.ts';
import type { Kernel } from '../open/kernel.ts';
import { TypedKernel } from '../types/typed-kernel.ts';
import { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { allMissingKeys } from './expected-keys.ts';
import type { ExpectedKey, Line } from './key-sources.ts';

/**
 * Returns the kernel with missing VMCOREINFO keys filled in from its own types and symbols; `doubts` say so.
 * Keys that these do not give stay missing, and whoever needs one reports what is lost without it.
 */
export function completed(kernel: Kernel): Kernel {
  const missing = allMissingKeys(kernel.info);
  if (missing.length === 0) return kernel;
  const typed = new TypedKernel(kernel);
  const derived = missing.map((key) => tryDerive(typed, key));
  const unknownKeys = missing
    .filter((_, i) => derived[i] === undefined)
    .map(({ anyOf }) => anyOf.join(' or '));
  const lines = derived.flatMap((one) => (one === undefined || one === 'none' ? [] : one));
  const doubts = unknownKeys.map((key) => `VMCOREINFO has no ${key}, and nothing else in the dump gives it`);
  return { ...kernel, unknownKeys, info: withLines(kernel.info, lines, doubts) };
}

function withLines(
  { text, doubts, unterminated, source, boots, candidates }: Vmcoreinfo,
  lines: readonly Line[],
  further: readonly string[],
): Vmcoreinfo {
  const whole = unterminated === null ? text : text.slice(0, text.length - unterminated.length);
  const added = lines.map(([key, value]) => `${key}=${value}\n`).join('');
  const derived = lines.map(
    ([key, value]) => `VMCOREINFO has no ${key}: the kernel's own types and symbols say ${value}`,
  );
  const all = [...doubts, ...derived, ...further];
  return new Vmcoreinfo({ text: `${whole}${added}`, doubts: all, source, boots, candidates });
}

function tryDerive(typed: TypedKernel, { derive }: ExpectedKey): ReturnType<ExpectedKey['derive']> {
  try {
    return derive(typed);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}
