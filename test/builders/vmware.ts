import type { Range } from '../../src/bytes/ranges.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import type { Segment } from '../../src/formats/image/image.ts';
import { ramParts } from './containers.ts';
import { ascii, concat, packed } from './encode.ts';
import { PartsSource } from './parts-source.ts';
import { CR0_PAGING, CR4_4_LEVELS } from './qemu-dump.ts';

/** Region of memory in pages, as the state has it. */
export interface RegionRecipe {
  readonly ppn: number;
  readonly pageNum: number;
  readonly pages: number;
}

export interface StateRecipe {
  /** 0xbed2bed2 if absent. */
  readonly magic?: number;
  readonly regions?: readonly RegionRecipe[];
  /** What regionsCount claims, if it is not the number of regions. */
  readonly regionsCount?: number;
  /** Memory in the state itself. */
  readonly memory?: Uint8Array;
  readonly compressed?: boolean;
  /** Registers of each CPU; as one block each if `asBlocks`. */
  readonly cpus?: readonly { readonly cr3: bigint; readonly cr0?: bigint; readonly cr4?: bigint }[];
  readonly asBlocks?: boolean;
  /** Tags of the group memory instead of those above. */
  readonly tags?: readonly Uint8Array[];
  /** The claimed position of the group memory. */
  readonly memoryAt?: bigint;
}

const BLOCK = 63;
const COMPRESSED = 62;
/** Padding before the contents of a block, which VMware aligns. */
const PADDING = 7;

/** TAG_* of crash's vmware_vmss.h: the name's length, the number of indexes, the size of the value. */
function tagHead(name: string, indexes: readonly number[], size: number): Uint8Array {
  const flags = (name.length << 8) | (indexes.length << 6) | size;
  return concat(
    packed(2, [[0, 2, flags]]),
    ascii(name),
    ...indexes.map((index) => packed(4, [[0, 4, index]])),
  );
}

/** A tag with a number. */
export function tag(
  name: string,
  indexes: readonly number[],
  value: number | bigint,
  size: 1 | 4 | 8 = 4,
): Uint8Array {
  return concat(tagHead(name, indexes, size), packed(size, [[0, size, value]]));
}

/** A tag with a long value; `old` states have lengths of 4 bytes. */
export function blockTag(
  name: string,
  indexes: readonly number[],
  contents: Uint8Array,
  { compressed = false, old = false, claims = contents.length } = {},
): Uint8Array {
  const width = old ? 4 : 8;
  const lengths = packed(2 * width + 2, [
    [0, width, claims],
    [width, width, claims],
    [2 * width, 2, PADDING],
  ]);
  const head = tagHead(name, indexes, compressed ? COMPRESSED : BLOCK);
  return concat(head, lengths, new Uint8Array(PADDING), contents);
}

const END = new Uint8Array(2);

function memoryTags({
  regions = [],
  regionsCount,
  memory,
  compressed = false,
  magic,
}: StateRecipe): Uint8Array[] {
  const old = magic === 0xbed2_bed0;
  return [
    tag('align_mask', [], 0xffff),
    ...(regions.length > 0 || regionsCount !== undefined
      ? [tag('regionsCount', [], regionsCount ?? regions.length)]
      : []),
    ...regions.flatMap(({ ppn, pageNum, pages }, i) => [
      tag('regionPPN', [i], ppn),
      tag('regionPageNum', [i], pageNum),
      tag('regionSize', [i], pages),
    ]),
    ...(memory ? [blockTag('Memory', [0, 0], memory, { compressed, old })] : []),
    tag('hotSet', [], 1, 1),
  ];
}

function cpuTags({ cpus = [], asBlocks = false }: StateRecipe): Uint8Array[] {
  return [
    tag('cpu:numVCPUs', [], cpus.length),
    ...cpus.flatMap(({ cr3, cr0 = CR0_PAGING, cr4 = CR4_4_LEVELS }, cpu) => {
      const values = [cr0, 0n, 0x7f00_0000_0000n, cr3, cr4, 0n, 0n, 0n, 0n];
      if (!asBlocks) return values.map((value, register) => tag('CR64', [cpu, register], value, 8));
      return [
        blockTag(
          'CR64',
          [cpu],
          packed(
            72,
            values.map((value, i) => [8 * i, 8, value] as const),
          ),
        ),
      ];
    }),
  ];
}

/** The state of a suspended machine of VMware (.vmss), or of a snapshot (.vmsn). */
export function vmwareState(recipe: StateRecipe): Uint8Array {
  const groups = [
    { name: 'Checkpoint', bytes: concat(tag('version', [], 8), END) },
    { name: 'cpu', bytes: concat(...cpuTags(recipe), END) },
    { name: 'memory', bytes: concat(...(recipe.tags ?? memoryTags(recipe)), END) },
  ];
  let at = 12 + 80 * groups.length;
  const table = groups.map(({ name, bytes }) => {
    const position = name === 'memory' ? (recipe.memoryAt ?? at) : at;
    at += bytes.length;
    return concat(
      ascii(name.padEnd(64, '\0')),
      packed(16, [
        [0, 8, position],
        [8, 8, bytes.length],
      ]),
    );
  });
  const header = packed(12, [
    [0, 4, recipe.magic ?? 0xbed2_bed2],
    [4, 4, 8],
    [8, 4, groups.length],
  ]);
  return concat(header, ...table, ...groups.map(({ bytes }) => bytes));
}

/** The state of a suspended machine with that memory in it, holes in it as zeros. */
export function asVmware(
  file: ByteSource,
  segments: readonly Segment[],
  cpus: NonNullable<StateRecipe['cpus']>,
): PartsSource {
  const { parts, size } = ramParts(file, segments);
  const tags = [tag('regionsCount', [], 0), blockTag('Memory', [0, 0], new Uint8Array(0), { claims: size })];
  const state = vmwareState({ tags, cpus });
  const end = state.length - END.length;
  return new PartsSource(
    [state.subarray(0, end), ...parts, state.subarray(end)],
    `${file.path} as VMware writes it`,
  );
}

/** The regions of memory whose ranges follow each other in the .vmem. */
export function regionsOf(ranges: readonly Range[]): RegionRecipe[] {
  let pageNum = 0;
  return ranges.map(({ start, end }) => {
    const region = { ppn: start / 4096, pageNum, pages: (end - start) / 4096 };
    pageNum += region.pages;
    return region;
  });
}
