/** Runs of one byte from this length on are worth a copy. */
const WORTH = 8;

/**
 * A page as an LZO1X stream, by the kernel's description of the format (Documentation/staging/lzo.rst): runs
 * of literals, and copies from one byte back for runs of one byte. Simpler than liblzo2's streams, but
 * decoded in the same way.
 */
export function lzo(page: Uint8Array): Uint8Array {
  const out: number[] = [];
  let start = 0;
  for (let at = 0; at < page.length; ) {
    const run = runAt(page, at);
    // A copy needs four literals before it, including the byte that it repeats.
    if (run - at < WORTH || at + 1 - start < 4) {
      at++;
      continue;
    }
    literals(out, page.subarray(start, at + 1));
    repeat(out, run - at - 1);
    start = run;
    at = run;
  }
  if (start < page.length) tail(out, page.subarray(start));
  out.push(0x11, 0, 0);
  return Uint8Array.from(out);
}

function runAt(page: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < page.length && page[end] === page[at]) end++;
  return end;
}

/** 0000LLLL: 3 + L literals, or 18 plus what follows. */
function literals(out: number[], bytes: Uint8Array): void {
  if (bytes.length <= 18) out.push(bytes.length - 3);
  else out.push(0, ...extended(bytes.length - 18));
  out.push(...bytes);
}

/** 001LLLLL: 2 + L bytes from a distance of one, without literals after it. */
function repeat(out: number[], count: number): void {
  if (count <= 33) out.push(32 + count - 2);
  else out.push(32, ...extended(count - 33));
  out.push(0, 0);
}

/** Up to three literals belong to the copy before them, in the lower bits of its distance. */
function tail(out: number[], bytes: Uint8Array): void {
  if (bytes.length >= 4) {
    literals(out, bytes);
    return;
  }
  const at = out.length - 2;
  out[at] = (out[at] as number) | bytes.length;
  out.push(...bytes);
}

/** A zero per 255, then the rest, which is not zero. */
function extended(length: number): number[] {
  const zeros = Math.ceil(length / 255) - 1;
  return [...new Array<number>(zeros).fill(0), length - zeros * 255];
}

/**
 * A page as a zstd frame (RFC 8878, 3.1.1): one byte repeated, or raw bytes up to the last that is not zero,
 * then a block of zeros.
 */
export function zstd(page: Uint8Array): Uint8Array {
  let used = page.length;
  while (used > 0 && page[used - 1] === 0) used--;
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x60, (page.length - 256) & 0xff, (page.length - 256) >> 8];
  const raw = used > 0 ? [...block(0, used, used === page.length), ...page.subarray(0, used)] : [];
  const zeros = used < page.length ? [...block(1, page.length - used, true), 0] : [];
  return Uint8Array.from([...header, ...raw, ...zeros]);
}

/** Type 0 is raw bytes, type 1 one byte repeated. */
function block(type: 0 | 1, size: number, isLast: boolean): number[] {
  const value = (size << 3) | (type << 1) | (isLast ? 1 : 0);
  return [value & 0xff, (value >> 8) & 0xff, value >> 16];
}
