import type { Random } from '../random.ts';
import type { Dump } from './dump.ts';

/** How a field is read, which decides how it may be changed. */
export type FieldKind = 'number' | 'pointer' | 'text' | 'bytes';

/** A field of a structure in a dump, at which a change aims. */
export interface Target {
  readonly structure: string;
  readonly field: string;
  readonly kind: FieldKind;
  /** Position in the file, in bytes. */
  readonly at: number;
  /** Bytes. */
  readonly length: number;
  /** Bytes from the field to the end of the structure, as far as they are contiguous in the file. */
  readonly room: number;
  /**
   * Address of the field, or for a node of a list that of the node, in the kernel's memory; absent for the
   * file's own data.
   */
  readonly address?: bigint;
  /** Returns the same field of another object: a value as plausible as its own. */
  readonly other?: () => Uint8Array | undefined;
  /** Position of the same field in the next object, with which it is swapped. */
  readonly neighbour?: number | undefined;
  /** For the links of a list: its head, which ends it. */
  readonly head?: bigint | undefined;
  /** The commands that read the structure. */
  readonly commands: readonly string[];
}

/** Finds something to change; undefined if this dump has nothing of the kind. */
export type Aim = (dump: Dump, random: Random) => Target | undefined;

const PAGE = 4096;

/** The command line for a short name, or for NAME:ARGUMENT if the command takes one. */
export function commandLine(command: string, file: string): string[] {
  const [name = '', argument = ''] = [command.split(':')[0], command.slice(command.indexOf(':') + 1)];
  const LINES: Readonly<Record<string, readonly string[]>> = {
    pages: ['--jobs', '1'],
    usage: ['--top', '100000'],
    ps: ['--threads'],
    page: [argument],
    symbols: [argument],
    translate: [argument],
    struct: argument.split(' '),
  };
  return [name, file, ...(LINES[name] ?? []), '--json'];
}

/** A field in memory; undefined if the file does not have it. */
export function inMemory(
  dump: Dump,
  address: bigint,
  target: Omit<Target, 'at' | 'room' | 'address'> & { readonly room?: number },
): Target | undefined {
  const at = dump.positionOf(address);
  if (at === undefined) return undefined;
  const inPage = PAGE - Number(address & BigInt(PAGE - 1));
  const length = Math.min(target.length, inPage);
  return { ...target, at, address, length, room: Math.min(target.room ?? length, inPage) };
}
