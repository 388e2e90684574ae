import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LzoDecoder } from '../../../src/formats/kdump/lzo.ts';
import { pattern } from '../../builders/encode.ts';
import { lzo } from '../../builders/kdump-encoders.ts';

const END = [0x11, 0, 0];

function decoded(stream: readonly number[], length: number): Uint8Array | string {
  const output = new Uint8Array(length);
  return new LzoDecoder().decode(Uint8Array.from(stream), output) ?? output;
}

describe('an LZO1X stream', () => {
  it('starts with a run of literals if its first byte is above 17', () => {
    expect(decoded([17 + 4, 1, 2, 3, 4, ...END], 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(decoded([17 + 1, 9, ...END], 1)).toEqual(Uint8Array.of(9));
  });

  it('has runs of 3 or more literals, with a length that continues after a zero', () => {
    expect(decoded([1, 5, 6, 7, 8, ...END], 4)).toEqual(Uint8Array.of(5, 6, 7, 8));
    const long = pattern(18 + 255 + 7, 3);
    expect(decoded([0, 0, 7, ...long, ...END], long.length)).toEqual(long);
  });

  it('copies 3 to 4 bytes from up to 2 KiB back, and literals after them', () => {
    // 01LDDDSS HHHHHHHH: L 1, distance (H << 3) + D + 1 = 4, S 2
    expect(decoded([17 + 4, 1, 2, 3, 4, 0b0110_1110, 0, 8, 9, ...END], 10)).toEqual(
      Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4, 8, 9),
    );
  });

  it('copies 5 to 8 bytes, which may overlap its own output', () => {
    // 1LLDDDSS: L 3, distance 1
    expect(decoded([17 + 4, 1, 2, 3, 4, 0b1110_0000, 0, ...END], 12)).toEqual(
      Uint8Array.of(1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4),
    );
  });

  it('copies two bytes from nearby after one to three literals, three from more than 2 KiB back after a run', () => {
    // 0000DDSS HHHHHHHH: distance (H << 2) + D + 1, followed by S literals
    expect(decoded([17 + 1, 7, 0b0000_0001, 0, 8, ...END], 4)).toEqual(Uint8Array.of(7, 7, 7, 8));
    expect(decoded([17 + 2, 7, 8, 0b0000_0100, 0, ...END], 4)).toEqual(Uint8Array.of(7, 8, 7, 8));
    const far = pattern(2049, 5);
    const run = [0, ...new Array<number>(7).fill(0), 2049 - 18 - 7 * 255, ...far];
    expect(decoded([...run, 0b0000_0000, 0, ...END], 2052)).toEqual(
      Uint8Array.from([...far, ...far.subarray(0, 3)]),
    );
  });

  it('copies any length from up to 16 KiB back', () => {
    // 001LLLLL with L 0: 33 plus what follows; distance D + 1 of 14 bits
    const copy = [32, 0, 2, (4 - 1) << 2, 0];
    const bytes = Array.from({ length: 4 + 33 + 255 + 2 }, (_, i) => [1, 2, 3, 4][i % 4] as number);
    expect(decoded([17 + 4, 1, 2, 3, 4, ...copy, ...END], bytes.length)).toEqual(Uint8Array.from(bytes));
  });

  it.each<[string, number[], number, RegExp]>([
    ['is empty', [], 4, /ends too early/],
    ['ends inside literals', [17 + 4, 1, 2], 4, /ends too early/],
    ['ends inside a length', [0, 0, 0], 4, /ends too early/],
    ['ends inside a distance', [17 + 4, 1, 2, 3, 4, 32 + 1, 0], 8, /ends too early/],
    ['has no end', [17 + 4, 1, 2, 3, 4], 4, /ends too early/],
    ['has bytes after its end', [17 + 4, 1, 2, 3, 4, ...END, 0], 4, /1 bytes follow the end/],
    ['decodes to less', [17 + 4, 1, 2, 3, 4, ...END], 5, /4 bytes, not 5/],
    ['has literals for more', [17 + 4, 1, 2, 3, 4, ...END], 3, /more than a page/],
    ['has copies for more', [17 + 4, 1, 2, 3, 4, 0b1110_0000, 0, ...END], 11, /more than a page/],
    ['copies from before its start', [17 + 4, 1, 2, 3, 4, 0b1110_0000, 1, ...END], 12, /before its start/],
    ['has an end of another length', [17 + 4, 1, 2, 3, 4, 0x12, 0, 0], 4, /end is malformed/],
  ])('is refused when it %s', (_, stream, length, why) => {
    expect(decoded(stream, length)).toMatch(why);
  });

  it('decodes to what was encoded, for any page', () => {
    const page = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 400 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(page, (runs) => {
        const bytes = Uint8Array.from(runs.flatMap(([byte, count]) => new Array<number>(count).fill(byte)));
        const whole = new Uint8Array(4096);
        whole.set(bytes.subarray(0, 4096));
        expect(decoded([...lzo(whole)], 4096)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('never writes outside the page and never hangs, however it is damaged', () => {
    const stream = lzo(pattern(4096, 11));
    const damage = fc.array(
      fc.tuple(fc.integer({ min: 0, max: stream.length - 1 }), fc.integer({ min: 0, max: 255 })),
      { minLength: 1, maxLength: 20 },
    );
    const decoder = new LzoDecoder();
    fc.assert(
      fc.property(damage, fc.integer({ min: 0, max: stream.length }), (changes, length) => {
        const damaged = stream.slice(0, length);
        for (const [at, byte] of changes) damaged[at] = byte;
        const around = new Uint8Array(4096 + 64).fill(0xee);
        decoder.decode(damaged, around.subarray(32, 32 + 4096));
        expect([...around.subarray(0, 32), ...around.subarray(-32)].every((byte) => byte === 0xee)).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });
});
