import { describe, expect, it } from 'vitest';
import { maskedCrc32c } from '../../../src/formats/avml/crc32c.ts';
import { pattern } from '../../builders/encode.ts';

/** As framing_format.txt, section 3, masks a checksum. */
const masked = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;

describe('the checksum of a chunk', () => {
  it.each([
    ['32 bytes of zero', new Uint8Array(32), 0x8a91_36aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd_794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113f_db5c],
    ['no multiple of eight bytes: "123456789"', Buffer.from('123456789'), 0xe306_9283],
    ['nothing', new Uint8Array(0), 0],
  ])('is CRC-32C as RFC 3720, B.4, has it, masked: %s', (_, bytes, crc) => {
    expect(maskedCrc32c(bytes)).toBe(masked(crc));
  });

  it('depends on each byte', () => {
    const bytes = pattern(100, 3);
    const whole = maskedCrc32c(bytes);
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i] = (changed[i] as number) ^ 0x10;
      expect(maskedCrc32c(changed)).not.toBe(whole);
    }
  });
});
