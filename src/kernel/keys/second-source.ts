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
  const told = missing.map((key) => tellOf(typed, key));
  const untold = missing.filter((_, i) => told[i] === undefined).map(({ anyOf }) => anyOf.join(' or '));
  const lines = told.flatMap((one) => (one === undefined || one === 'none' ? [] : one));
  const doubts = untold.map((key) => `VMCOREINFO has no ${key}, and nothing else in the dump gives it`);
  return { ...kernel, untold, info: withLines(kernel.info, lines, doubts) };
}

function withLines(
  { text, source, doubts, unterminated }: Vmcoreinfo,
  lines: readonly Line[],
  untold: readonly string[],
): Vmcoreinfo {
  const whole = unterminated === null ? text : text.slice(0, text.length - unterminated.length);
  const added = lines.map(([key, value]) => `${key}=${value}\n`).join('');
  const told = lines.map(
    ([key, value]) => `VMCOREINFO has no ${key}: the kernel's own types and symbols say ${value}`,
  );
  return new Vmcoreinfo({ text: `${whole}${added}`, source, doubts: [...doubts, ...told, ...untold] });
}

function tellOf(typed: TypedKernel, { tell }: ExpectedKey): ReturnType<ExpectedKey['tell']> {
  try {
    return tell(typed);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}
