import { InspectError } from '../../errors.ts';
import type { Boot, TextCandidate, VmcoreinfoText } from '../../formats/image/image.ts';
import { idAfterHeader } from './noted-build-id.ts';

/** Keys whose bare value is hex without 0x (kernel/vmcore_info.c, arch/x86/kernel/vmcore_info_64.c) */
const HEX_KEYS = /^(SYMBOL\(.*\)|KERNELOFFSET)$/;
const NUMBER_KEYS = /^((NUMBER|OFFSET|SIZE|LENGTH)\(.*\)|PAGESIZE|CRASHTIME)$/;
/** Up to the year 5138. */
const CRASHTIME = /^\d{1,11}$/;

/**
 * VMCOREINFO: how a kernel describes its own layout (Documentation/admin-guide/kdump/vmcoreinfo.rst). Every
 * line is kept; a value is parsed only when it is asked for.
 */
export class Vmcoreinfo {
  readonly text: string;
  readonly source: string;
  /** Reasons to doubt it, if it had to be searched for. */
  readonly doubts: readonly string[];
  /** The kernels found in memory; empty if only the dump's own note was used. */
  readonly boots: readonly Boot[];
  /** Every text that was looked at, and why this one is believed; empty if none was tested. */
  readonly candidates: readonly TextCandidate[];
  readonly #lines = new Map<string, string>();
  /** Lines without a key; no kernel writes any. */
  readonly odd: string[] = [];
  /** The last line if it lacks its newline; it is ignored. */
  readonly unterminated: string | null;

  constructor({ text, source, doubts, boots, candidates }: VmcoreinfoText) {
    this.text = text;
    this.source = source;
    this.boots = boots ?? [];
    this.candidates = candidates ?? [];
    const lines = text.split('\n');
    this.unterminated = lines.pop() || null;
    for (const line of lines) this.#add(line);
    this.doubts = [...(doubts ?? []), ...this.#noTime()];
  }

  #add(line: string): void {
    const equals = line.indexOf('=');
    if (equals < 1) {
      if (line !== '') this.odd.push(line);
      return;
    }
    const key = line.slice(0, equals);
    if (!this.#lines.has(key)) this.#lines.set(key, line.slice(equals + 1));
  }

  /**
   * When the kernel crashed, seconds since 1970 (ktime_get_real_seconds); undefined if missing or malformed.
   */
  get crashTime(): number | undefined {
    const text = this.#lines.get('CRASHTIME');
    return text !== undefined && CRASHTIME.test(text) ? Number(text) : undefined;
  }

  /**
   * The first bytes of the true build id, in hex, if BUILD-ID begins with bytes of a note's header and so is
   * not the build id; otherwise undefined.
   */
  get cutBuildId(): string | undefined {
    const text = this.#lines.get('BUILD-ID');
    return text === undefined ? undefined : idAfterHeader(text);
  }

  #noTime(): string[] {
    const text = this.#lines.get('CRASHTIME');
    if (text === undefined || CRASHTIME.test(text)) return [];
    return [`VMCOREINFO: CRASHTIME is "${text.slice(0, 40)}", which is not a time`];
  }

  /** Returns the keys in the note's order. */
  keys(): string[] {
    return [...this.#lines.keys()];
  }

  /** Returns the text after a key, verbatim, or undefined if there is no such line. */
  get(key: string): string | undefined {
    return this.#lines.get(key);
  }

  has(key: string): boolean {
    return this.#lines.has(key);
  }

  /**
   * Returns the virtual address of SYMBOL(name), KASLR included.
   * @throws InspectError corrupt if not hexadecimal
   */
  symbol(name: string): bigint | undefined {
    return this.hex(`SYMBOL(${name})`);
  }

  /** Returns NUMBER(name) or undefined. @throws InspectError corrupt if not a number */
  number(name: string): number | undefined {
    return this.#integer(`NUMBER(${name})`);
  }

  /**
   * Returns OFFSET(struct.field) in bytes or undefined.
   * @throws InspectError corrupt if not a number of 0 or more
   */
  offset(name: string): number | undefined {
    return this.#integer(`OFFSET(${name})`, 0);
  }

  /** Returns SIZE(struct) in bytes or undefined. @throws InspectError corrupt if not a number of 1 or more */
  size(name: string): number | undefined {
    return this.#integer(`SIZE(${name})`, 1);
  }

  /**
   * Returns LENGTH(array) in elements or undefined.
   * @throws InspectError corrupt if not a number of 1 or more
   */
  length(name: string): number | undefined {
    return this.#integer(`LENGTH(${name})`, 1);
  }

  /** Returns the hex value of any key, with or without 0x. @throws InspectError corrupt if not hexadecimal */
  hex(key: string): bigint | undefined {
    const text = this.#lines.get(key);
    if (text === undefined) return undefined;
    const match = /^(?:0x)?([0-9a-fA-F]{1,16})$/.exec(text.trim());
    if (!match) throw this.#malformed(key, text, 'a 64-bit hex number');
    return BigInt(`0x${match[1]}`);
  }

  #integer(key: string, least?: number): number | undefined {
    const text = this.#lines.get(key);
    if (text === undefined) return undefined;
    const value = /^(-?\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw this.#malformed(key, text, 'a number');
    if (least !== undefined && value < least)
      throw this.#malformed(key, text, `a number of ${least} or more`);
    return value;
  }

  #malformed(key: string, text: string, wanted: string): InspectError {
    return new InspectError('corrupt', `VMCOREINFO: ${key} is "${text.slice(0, 40)}", not ${wanted}`, {
      key,
    });
  }

  /**
   * Returns a value for the JSON report: an address as 0x text, a number that fits as a number, anything
   * else, malformed values included, as text.
   */
  presented(key: string): string | number {
    const text = this.#lines.get(key) ?? '';
    if (HEX_KEYS.test(key) && /^[0-9a-fA-F]{1,16}$/.test(text)) return `0x${text.toLowerCase()}`;
    const value = Number(text);
    return NUMBER_KEYS.test(key) && /^-?\d+$/.test(text) && Number.isSafeInteger(value) ? value : text;
  }
}

/**
 * Returns the value of a look-up that must succeed.
 * @throws InspectError missingInfo, with the key and what is lost without it
 */
export function required<T>(value: T | undefined, key: string, affects: string): T {
  if (value === undefined) throw missingKey(key, affects);
  return value;
}

/** The error for a missing key; `affects` says what is lost without it. */
export function missingKey(key: string, affects: string): InspectError {
  return new InspectError('missingInfo', `VMCOREINFO has no ${key}: ${affects}`, {
    key,
    hint: 'if you have the VMCOREINFO of this same boot elsewhere, give it with --vmcoreinfo FILE',
  });
}
