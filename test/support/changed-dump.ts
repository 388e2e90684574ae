import { FileSource } from '../../src/bytes/file-source.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import { openSource } from '../builders/open-source.ts';
import type { Edit } from '../fuzz/overlay-source.ts';
import { faultyDisk } from './faulty-disk.ts';
import { dumpOf } from './fixture.ts';
import { type Answer, contradictions } from './honest.ts';
import { runMain } from './run-main.ts';
import { saidIn } from './said.ts';

/** A fixture that can be asked as it is, or with words of its memory changed. */
export class ChangedDump {
  readonly path: string;
  readonly typed: TypedKernel;
  readonly #whole = new Map<string, Answer>();

  constructor(name: string, path = dumpOf(name)) {
    this.path = path;
    this.typed = new TypedKernel(openKernel(openSource(new FileSource(this.path))));
  }

  /** A change of the 8 bytes at a virtual address. */
  word(address: bigint, value: bigint): Edit {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    return this.bytes(address, bytes);
  }

  /** A change of the bytes at a virtual address, which lie in one piece in physical memory. */
  bytes(address: bigint, bytes: Uint8Array): Edit {
    const physical = BigInt(this.typed.space.translate(address));
    const last = BigInt(this.typed.space.translate(address + BigInt(bytes.length - 1)));
    const isOnePiece = last - physical === BigInt(bytes.length - 1);
    for (const { physical: start, offset, fileSize } of this.typed.kernel.image.segments) {
      if (start === null || physical < BigInt(start) || last >= BigInt(start) + fileSize || !isOnePiece)
        continue;
      return { at: Number(offset + physical) - start, bytes };
    }
    throw new Error(`${address.toString(16)} is not in ${this.path}`);
  }

  /** The answer of a command, in JSON. */
  async ask(command: readonly string[], changed: readonly Edit[] = []): Promise<Answer> {
    const [name = '', ...operands] = command;
    const { release } = faultyDisk(this.path, { changed });
    try {
      const ran = await runMain([name, this.path, ...operands, '--json']);
      return { status: ran.status ?? -1, out: ran.stdout, err: saidIn(ran) };
    } finally {
      release();
    }
  }

  /**
   * Figures of a command that a change alters without any word of doubt. "Not known" and "at least" are right
   * as long as they are true; everything else must be as before, or status 3 must report the damage.
   */
  async silent(command: readonly string[], changed: readonly Edit[]): Promise<string[]> {
    const key = command.join(' ');
    const then = this.#whole.get(key) ?? (await this.ask(command));
    this.#whole.set(key, then);
    const now = await this.ask(command, changed);
    if (/internal error|^ {4}at /m.test(now.err)) return [`${key}: a bug: ${now.err}`];
    if (now.status === 1)
      return /^kdump-inspect: .{20,}/m.test(now.err) ? [] : [`${key}: status 1 without a message`];
    const [after, before] = [now, then].map(({ out }) => JSON.parse(out) as Record<string, unknown>);
    if (!after || !before) return [`${key}: no document`];
    const tells = (field: string) => after[field] === false && before[field] !== false;
    if (!tells('complete') && !tells('consistent')) return sameDocument(after, before);
    if (now.status !== 3) return [`${key}: status ${now.status}`];
    if (!/^kdump-inspect: warning: .{10,}/m.test(now.err)) return [`${key}: status 3 without a warning`];
    if (tells('consistent')) return [];
    // An address that has lost its symbol is shown as a number.
    return contradictions({ ...after, checks: null, consistent: null }, before, key).filter(
      (what) => !/\.vmalloc\.largest has \["0x/.test(what),
    );
  }
}

/** Sorts modules, whose order is that of their list and is lost with its head. All else keeps its order. */
function inOneOrder(key: string, value: unknown): unknown {
  if (key !== 'modules' || !Array.isArray(value)) return value;
  const keyed = value.map((one) => ({ one, text: JSON.stringify(one) }));
  return keyed.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ one }) => one);
}

/**
 * The first difference between documents, ignoring warnings, which may report damage that cost nothing, and
 * advice.
 */
function sameDocument(now: object, then: object): string[] {
  const [a, b] = [now, then].map((document) =>
    JSON.stringify({ ...document, warnings: null, next: null }, inOneOrder, 1).split('\n'),
  ) as [string[], string[]];
  const at = a.findIndex((line, i) => line !== b[i]);
  return at < 0 ? [] : [`silently ${a[at]?.trim().slice(0, 200)}, not ${b[at]?.trim().slice(0, 200)}`];
}
