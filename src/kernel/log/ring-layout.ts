import { struct, u16, u32, u64 } from '../../bytes/struct.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { deviceLayout } from './device-layout.ts';
import { LayoutKeys, wrongKey } from './layout-keys.ts';

/**
 * The structures of kernel/printk/printk_ringbuffer.h as VMCOREINFO describes them (5.10+). Fields keep their
 * names.
 */
export type RingLayout = ReturnType<typeof ringLayout>;

/** @throws InspectError missingInfo or corrupt, naming the key */
export function ringLayout(info: Vmcoreinfo) {
  const keys = new LayoutKeys(info);
  const counter = keys.offset('atomic_long_t.counter');
  return { ring: ringStruct(keys, counter), ...descStruct(keys, counter), ...infoStruct(keys, info) };
}

function ringStruct(keys: LayoutKeys, counter: number) {
  const size = keys.size('printk_ringbuffer');
  const at = (bytes: number, ...path: string[]) => keys.within('printk_ringbuffer', size, bytes, path);
  const ids = (name: string) =>
    at(8 + counter, 'printk_ringbuffer.desc_ring', `prb_desc_ring.${name}`) + counter;
  return struct('printk_ringbuffer', size, {
    count_bits: u32(at(4, 'printk_ringbuffer.desc_ring', 'prb_desc_ring.count_bits')),
    descs: u64(at(8, 'printk_ringbuffer.desc_ring', 'prb_desc_ring.descs')),
    infos: u64(at(8, 'printk_ringbuffer.desc_ring', 'prb_desc_ring.infos')),
    head_id: u64(ids('head_id')),
    tail_id: u64(ids('tail_id')),
    size_bits: u32(at(4, 'printk_ringbuffer.text_data_ring', 'prb_data_ring.size_bits')),
    data: u64(at(8, 'printk_ringbuffer.text_data_ring', 'prb_data_ring.data')),
  });
}

function descStruct(keys: LayoutKeys, counter: number) {
  const size = keys.size('prb_desc');
  const lpos = (name: string) =>
    keys.within('prb_desc', size, 8, ['prb_desc.text_blk_lpos', `prb_data_blk_lpos.${name}`]);
  const stateAt = keys.within('prb_desc', size, 8 + counter, ['prb_desc.state_var']) + counter;
  return { desc: struct('prb_desc', size, { begin: u64(lpos('begin')), next: u64(lpos('next')) }), stateAt };
}

function infoStruct(keys: LayoutKeys, note: Vmcoreinfo) {
  const size = keys.size('printk_info');
  const taken: { readonly start: number; readonly end: number }[] = [];
  const at = (name: string, bytes: number) => {
    const start = keys.within('printk_info', size, bytes, [`printk_info.${name}`]);
    const end = start + bytes;
    if (start % bytes !== 0 || taken.some((other) => start < other.end && end > other.start))
      throw wrongKey(
        `OFFSET(printk_info.${name})`,
        start,
        `a multiple of ${bytes} that overlaps no other field`,
      );
    taken.push({ start, end });
    return start;
  };
  const text_len = at('text_len', 2);
  const caller_id = at('caller_id', 4);
  const fields = {
    seq: u64(at('seq', 8)),
    ts_nsec: u64(at('ts_nsec', 8)),
    text_len: u16(text_len),
    caller_id: u32(caller_id),
  };
  return {
    info: struct('printk_info', size, fields),
    // VMCOREINFO has no facility, flags and level: they are the two bytes between these fields if there are
    // two.
    priorityAt: caller_id - text_len === 4 ? text_len + 2 : null,
    device: deviceLayout(keys, note, { size, from: caller_id + 4 }),
  };
}
