import { closeSync, openSync, readSync } from 'node:fs';
import { InspectError } from '../../errors.ts';
import type { VmcoreinfoText } from '../../formats/image/image.ts';
import { errnoOf } from '../output/write.ts';

/** A larger file is not a VMCOREINFO: the kernel's own limit is one page. */
const LIMIT = 1 << 20;

/**
 * The VMCOREINFO text in the file of --vmcoreinfo. @throws InspectError io; unsupported if the file is
 * something else
 */
export function readVmcoreinfo(path: string): VmcoreinfoText {
  const text = tryRead(path);
  const wrong = whyNot(text);
  if (wrong !== undefined)
    throw new InspectError('unsupported', `--vmcoreinfo ${path}: this is not a VMCOREINFO text: ${wrong}`, {
      path,
    });
  const source = `--vmcoreinfo ${path}`;
  const candidates = [{ source, verdict: 'believed' as const, reason: 'it was given' }];
  return { text: text.endsWith('\n') ? text : `${text}\n`, source, candidates };
}

function tryRead(path: string): string {
  try {
    return beginningOf(path).toString('latin1');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const message = `--vmcoreinfo ${path}: the file cannot be read: ${errno}`;
    throw new InspectError('io', message, { path, errno, cause: error });
  }
}

/** Up to one byte more than the limit, because the path may name an endless device. */
function beginningOf(path: string): Buffer {
  const bytes = Buffer.alloc(LIMIT + 1);
  const fd = openSync(path, 'r');
  try {
    let length = 0;
    for (let got = -1; got !== 0; length += got)
      got = readSync(fd, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

function whyNot(text: string): string | undefined {
  if (text.length > LIMIT) return `it has more than ${LIMIT} bytes`;
  return /^OSRELEASE=/m.test(text) ? undefined : 'it has no line OSRELEASE=';
}
