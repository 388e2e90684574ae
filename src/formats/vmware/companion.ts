import { FileSource } from '../../bytes/file-source.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { isVmwareState } from './signature.ts';

const MEMORY = /\.vmem$/i;
const STATE = /\.vms[sn]$/i;

/**
 * The other file of a VMware machine, which has the same name but for its end: the .vmem of a state, or the state
 * (.vmss, .vmsn) of a .vmem. undefined if there is none.
 * @throws InspectError io, if there is one that cannot be read
 */
export function companionOf({ path }: ByteSource, head: Uint8Array): ByteSource | undefined {
  if (isVmwareState(head)) return STATE.test(path) ? open(path.replace(STATE, '.vmem')) : undefined;
  if (!MEMORY.test(path)) return undefined;
  return stateAt(path.replace(MEMORY, '.vmss')) ?? stateAt(path.replace(MEMORY, '.vmsn'));
}

/** The file there, if it is the state of a VMware machine. */
function stateAt(path: string): ByteSource | undefined {
  const file = open(path);
  if (file === undefined) return undefined;
  const head = new Uint8Array(4);
  if (file.read(0, head) === head.length && isVmwareState(head)) return file;
  file.close();
  return undefined;
}

function open(path: string): ByteSource | undefined {
  try {
    return new FileSource(path);
  } catch (error) {
    if (error instanceof InspectError && error.facts.errno === 'ENOENT') return undefined;
    throw error;
  }
}
