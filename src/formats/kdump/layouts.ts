import { struct, u32, u64 } from '../../bytes/struct.ts';

const i32 = (at: number) => {
  const { bytes, read } = u32(at);
  return { at, bytes, read: (view: DataView, offset: number) => read(view, offset) | 0 };
};

/** An unsigned long of a 32-bit writer, as the type that a 64-bit writer's has. */
const long32 = (at: number) => {
  const { bytes, read } = u32(at);
  return { at, bytes, read: (view: DataView, offset: number) => BigInt(read(view, offset)) };
};

/** struct disk_dump_header after its time stamp, whose size depends on the writer's word size. */
function mainHeader(name: string, at: number) {
  return struct(name, at + 40, {
    status: u32(at),
    block_size: i32(at + 4),
    sub_hdr_size: i32(at + 8),
    bitmap_blocks: u32(at + 12),
    max_mapnr: u32(at + 16),
    written_blocks: u32(at + 28),
    nr_cpus: i32(at + 36),
  });
}

/**
 * The headers as the writer's compiler laid them out (makedumpfile's diskdump_mod.h). Both layouts are
 * little-endian. Newer versions keep the older fields in place, and a field of a newer version is zero in an
 * older one.
 */
export const LAYOUTS = [
  {
    name: '64-bit',
    main: mainHeader('kdump header', 424),
    sub: struct('kdump sub header', 104, {
      phys_base: u64(0),
      dump_level: i32(8),
      split: i32(12),
      start_pfn: u64(16),
      end_pfn: u64(24),
      offset_vmcoreinfo: u64(32),
      size_vmcoreinfo: u64(40),
      offset_note: u64(48),
      size_note: u64(56),
      offset_eraseinfo: u64(64),
      size_eraseinfo: u64(72),
      start_pfn_64: u64(80),
      end_pfn_64: u64(88),
      max_mapnr_64: u64(96),
    }),
  },
  {
    // i386 aligns 8-byte fields to 4 bytes.
    name: '32-bit',
    main: mainHeader('kdump header of a 32-bit writer', 412),
    sub: struct('kdump sub header of a 32-bit writer', 80, {
      phys_base: long32(0),
      dump_level: i32(4),
      split: i32(8),
      start_pfn: long32(12),
      end_pfn: long32(16),
      offset_vmcoreinfo: u64(20),
      size_vmcoreinfo: long32(28),
      offset_note: u64(32),
      size_note: long32(40),
      offset_eraseinfo: u64(44),
      size_eraseinfo: long32(52),
      start_pfn_64: u64(56),
      end_pfn_64: u64(64),
      max_mapnr_64: u64(72),
    }),
  },
] as const;

export type HeaderLayout = (typeof LAYOUTS)[number];
export type MainHeader = ReturnType<HeaderLayout['main']['decode']>;
export type SubHeader = ReturnType<HeaderLayout['sub']['decode']>;
