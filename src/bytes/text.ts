import { latin1, toNul } from './words.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes up to the first NUL as text: decoded as UTF-8 if valid, otherwise one character per byte. */
export function textOf(bytes: Uint8Array): string {
  const used = toNul(bytes);
  try {
    return UTF8.decode(used);
  } catch {
    return latin1(used);
  }
}
