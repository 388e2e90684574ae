import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readHeader } from '../src/kernel/btf/header.ts';
import { indexTypes } from '../src/kernel/btf/type-table.ts';
import { readModules } from '../src/kernel/modules/module-list.ts';
import { walkList } from '../src/kernel/objects/list.ts';
import { nodeAddresses, zoneAddresses } from '../src/kernel/objects/nodes.ts';
import { PerCpu } from '../src/kernel/objects/per-cpu.ts';
import { readVmallocAreas, VM_IOREMAP } from '../src/kernel/objects/vmalloc.ts';
import { readSlabCaches } from '../src/kernel/slabs/slab-caches.ts';
import { runningTasks } from '../src/kernel/tasks/running.ts';
import type { TypedKernel } from '../src/kernel/types/typed-kernel.ts';
import { ChangedDump } from './support/changed-dump.ts';
import type { Answer } from './support/honest.ts';

/** A word of a real kernel to change, and what the program says if another structure contradicts it. */
interface Lie {
  readonly command: readonly string[];
  readonly at: (typed: TypedKernel, dump: ChangedDump) => bigint | Promise<bigint>;
  readonly value: (was: bigint) => bigint;
  readonly warning: RegExp;
}

const member = (typed: TypedKernel, struct: string, path: string) =>
  BigInt(typed.types.struct(struct).offsetOf(path));

const firstModule = (typed: TypedKernel) => readModules(typed).modules[0]?.address ?? 0n;
const ofModule = (path: string) => (typed: TypedKernel) => firstModule(typed) + member(typed, 'module', path);

/** The address_space of the file with the most pages that has a name. */
async function mapping(dump: ChangedDump): Promise<bigint> {
  const { files } = JSON.parse((await dump.ask(['usage', '--top', '100'])).out) as {
    files: { largest: { mapping: string; path: string | null }[] };
  };
  return BigInt(files.largest.find(({ path }) => path !== null)?.mapping ?? 0);
}

const ofMapping = (path: string) => async (typed: TypedKernel, dump: ChangedDump) =>
  (await mapping(dump)) + member(typed, 'address_space', path);

/** The super_block of its file system. */
async function superBlock(typed: TypedKernel, dump: ChangedDump): Promise<bigint> {
  const inode = typed.space.u64((await mapping(dump)) + member(typed, 'address_space', 'host'));
  return typed.space.u64(inode + member(typed, 'inode', 'i_sb'));
}

/** The first dentry of that file. */
const ofDentry = (path: string) => async (typed: TypedKernel, dump: ChangedDump) => {
  const { space, types } = typed;
  const inode = space.u64((await mapping(dump)) + member(typed, 'address_space', 'host'));
  const alias = space.u64(inode + member(typed, 'inode', 'i_dentry.first'));
  return (
    alias - BigInt(types.struct('dentry').offsetOf('d_u.d_alias', 'd_alias')) + member(typed, 'dentry', path)
  );
};

/** Where the build id is in the notes of the kernel's image. */
function buildId(typed: TypedKernel): bigint {
  const [start, end] = [typed.symbol('__start_notes'), typed.symbol('__stop_notes')];
  const notes = Buffer.from(typed.space.bytes(start, Number(end - start)));
  return start + BigInt(notes.indexOf(Buffer.from(typed.kernel.info.get('BUILD-ID') ?? '', 'hex')));
}

/** Where BTF has the last word of member `i` of a structure: its offset and its bits. */
function memberWord(typed: TypedKernel, struct: string, i: number): bigint {
  const { btf, id } = typed.types.struct(struct);
  const start = typed.symbol('__start_BTF');
  const bytes = typed.space.bytes(start, Number(typed.symbol('__stop_BTF') - start));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const types = view.getUint32(4, true) + view.getUint32(8, true);
  const { starts } = indexTypes(bytes, readHeader(bytes));
  return start + BigInt(types + 4 * ((starts[id - btf.firstId] ?? 0) + 3 + 3 * i + 2));
}

/** The task that CPU 1 runs. */
const runningTask = (typed: TypedKernel) => runningTasks(typed)[1]?.task ?? 0n;

/** Where a CPU has its free pages of the second zone. */
function cpuFreePages(typed: TypedKernel, cpu: number): bigint {
  const zone = zoneAddresses(typed)[1] ?? 0n;
  const lists = typed.space.u64(zone + member(typed, 'zone', 'per_cpu_pageset'));
  return new PerCpu(typed).pointer(lists, cpu);
}

/** The vm_struct of the first ioremap() area. */
function ioremapArea(typed: TypedKernel): bigint {
  const first = readVmallocAreas(typed).areas.find(({ flags }) => flags === VM_IOREMAP)?.address;
  const vmaps = typed.reader('vmap_node', 'busy.head');
  const area = typed.reader('vmap_area', 'vm', 'va_start');
  const list = member(typed, 'vmap_area', 'list');
  const count = typed.space.u32(typed.symbol('nr_vmap_nodes'));
  const nodes = typed.space.u64(typed.symbol('vmap_nodes'));
  const all = Array.from({ length: count }, (_, i) => nodes + BigInt(i * vmaps.type.size)).flatMap(
    (node) => walkList(typed.space, vmaps.load(node).addressOf('busy.head')).nodes,
  );
  const found = all.find((node) => area.load(node - list).big('va_start') === first) ?? 0n;
  return area.load(found - list).big('vm');
}

/** A cache with which no other cache is merged. */
function unmergedCache(typed: TypedKernel): bigint {
  const caches = readSlabCaches(typed).caches;
  return caches.find(({ name }) => name === 'ext4_inode_cache')?.address ?? 0n;
}

const LIES: Readonly<Record<string, Lie>> = {
  'the name of a module': {
    command: ['symbols', 'init_task'],
    at: ofModule('name'),
    value: (was) => was ^ 1n,
    warning: /module \w+ is called qemu_fw_cfg in sysfs/,
  },
  'the state of a module, as if it were being loaded': {
    command: ['symbols', 'init_task'],
    at: ofModule('state'),
    value: (was) => was + 1n,
    warning: /module qemu_fw_cfg is MODULE_STATE_COMING, but its refcnt is 1, less than 2/,
  },
  'the state of a module, as if it were gone': {
    command: ['info'],
    at: ofModule('state'),
    value: (was) => was + 3n,
    warning: /module qemu_fw_cfg is MODULE_STATE_UNFORMED, but in sysfs/,
  },
  'the size of a module, zero': {
    command: ['usage'],
    at: ofModule('mem[0].size'),
    value: (was) => was & ~0xffff_ffffn,
    warning: /module qemu_fw_cfg has no bytes of memory at 0x/,
  },
  'the size of a module, too large': {
    command: ['usage'],
    at: ofModule('mem[1].size'),
    value: (was) => was + 0x1000n,
    warning: /module qemu_fw_cfg has memory from \w+ to \w+, which is not all mapped/,
  },
  'the size of a module, too small': {
    command: ['usage'],
    at: ofModule('mem[1].size'),
    value: (was) => was - 0x1000n,
    warning: /module qemu_fw_cfg has memory from \w+ to \w+, but more is mapped/,
  },
  'where the symbols of a module are': {
    command: ['symbols', 'init_task'],
    at: ofModule('kallsyms'),
    value: (was) => was + 8n,
    warning: /module qemu_fw_cfg: its kallsyms is neither its own core_kallsyms nor in its init memory/,
  },
  'the span of a zone': {
    command: ['page', '4096'],
    at: (typed) => (zoneAddresses(typed)[1] ?? 0n) + member(typed, 'zone', 'spanned_pages'),
    value: () => 0n,
    warning: /by its flags the page is in DMA32 of node 0, but it is outside the span of that zone/,
  },
  'where the command line is': {
    command: ['info'],
    at: (typed) => typed.symbol('saved_command_line'),
    value: (was) => was + 8n,
    warning: /saved_command_line has 91 bytes, but saved_command_line_len is 99/,
  },
  'all memory': {
    command: ['info'],
    at: (typed) => typed.symbol('_totalram_pages'),
    value: (was) => was + 1n,
    warning: /_totalram_pages, managed_pages of all zones: \d+ pages were counted/,
  },
  'free memory': {
    command: ['info'],
    at: (typed) => typed.symbol('vm_zone_stat'),
    value: (was) => was - 1n,
    warning: /NR_FREE_PAGES, vm_stat of all zones: \d+ pages were counted/,
  },
  'the build id of the image': {
    command: ['info'],
    at: (typed) => buildId(typed),
    value: (was) => was ^ 1n,
    warning: /VMCOREINFO has BUILD-ID=\w+, and the notes of the kernel's image \(__start_notes\) have/,
  },
  'the CPU that panicked': {
    command: ['info'],
    at: (typed) => typed.symbol('panic_cpu'),
    value: (was) => was ^ 1n,
    warning: /panic_cpu is 0, but crashing_cpu is 1/,
  },
  'online CPUs, one fewer': {
    command: ['ps'],
    at: (typed) => typed.symbol('__cpu_online_mask'),
    value: () => 1n,
    warning: /1 CPUs are online, but __num_online_cpus is 2/,
  },
  'online CPUs, one more': {
    command: ['info'],
    at: (typed) => typed.symbol('__cpu_online_mask'),
    value: () => 7n,
    warning: /CPU 2 is online, but not possible/,
  },
  'possible CPUs': {
    command: ['info'],
    at: (typed) => typed.symbol('__cpu_possible_mask'),
    value: () => 7n,
    warning: /CPU 2 is possible, but nr_cpu_ids is 2/,
  },
  "where a CPU's variables are": {
    command: ['ps'],
    at: (typed) => typed.symbol('__per_cpu_offset') + 8n,
    value: (was) => was + 0x1000n,
    warning: /__per_cpu_offset\[1\] contradicts pcpu_base_addr and pcpu_unit_offsets/,
  },
  'the CPU of a running task': {
    command: ['ps'],
    at: (typed) => runningTask(typed) + member(typed, 'task_struct', 'thread_info.cpu'),
    value: (was) => was ^ 1n,
    warning: /CPU 1 runs the task of PID 1, which claims to be on CPU 0/,
  },
  'the TGID of a task': {
    command: ['ps'],
    at: (typed) => runningTask(typed) + member(typed, 'task_struct', 'tgid'),
    value: (was) => was + 0x1000n,
    warning: /the threads of one process have the TGIDs 4097, but are PID 1$/m,
  },
  'the PID of a task': {
    command: ['ps'],
    at: (typed) => runningTask(typed) + member(typed, 'task_struct', 'pid'),
    value: (was) => was + 0x1000n,
    warning: /the task of PID 4097 is in the PID table as PID 1$/m,
  },
  'the parent of a task': {
    command: ['ps'],
    at: (typed) => runningTask(typed) + member(typed, 'task_struct', 'real_parent'),
    value: (was) => was + 8n,
    warning: /its parent at \w+ does not list it among its children/,
  },
  'the stack of a task': {
    command: ['ps'],
    at: (typed) => runningTask(typed) + member(typed, 'task_struct', 'stack'),
    value: () => 0n,
    warning: /the task of PID 1 has no stack, but has not ended/,
  },
  'the users of the memory of a process': {
    command: ['ps'],
    at: (typed) =>
      typed.space.u64(runningTask(typed) + member(typed, 'task_struct', 'mm')) +
      member(typed, 'mm_struct', 'mm_users'),
    value: (was) => was & ~0xffff_ffffn,
    warning: /the mm_struct at \w+ belongs to a task, but its mm_users is 0/,
  },
  'the inode of a name': {
    command: ['usage'],
    at: ofDentry('d_inode'),
    value: () => 0n,
    warning: /is in the list of the inode at \w+, but has the inode at 0x0/,
  },
  "a CPU's part of a slab cache": {
    command: ['usage'],
    at: (typed) => unmergedCache(typed) + member(typed, 'kmem_cache', 'cpu_slab'),
    value: () => 0n,
    warning: /slab cache ext4_inode_cache is broken at \w+: its cpu_slab is null/,
  },
  "CPU 1's part of a slab cache": {
    command: ['usage'],
    at: (typed) => {
      const all = typed.space.u64(unmergedCache(typed) + member(typed, 'kmem_cache', 'cpu_slab'));
      return new PerCpu(typed).pointer(all, 1) + member(typed, 'kmem_cache_cpu', 'tid');
    },
    value: () => 0n,
    warning: /slab cache ext4_inode_cache is broken at \w+: its cpu_slab has no tid for CPU 1/,
  },
  'the size of the objects of a slab cache': {
    command: ['usage'],
    at: (typed) => unmergedCache(typed) + member(typed, 'kmem_cache', 'size'),
    value: (was) => was - 8n,
    warning: /its objects take \d+ bytes, but its reciprocal_size belongs to another number/,
  },
  'the bytes of the objects of a slab cache': {
    command: ['usage'],
    at: (typed) => unmergedCache(typed) + member(typed, 'kmem_cache', 'object_size'),
    value: (was) => was + 8n,
    warning: /its objects have \d+ bytes, but its inuse is \d+/,
  },
  'the part of an object that users may copy': {
    command: ['usage'],
    at: (typed) => unmergedCache(typed) + member(typed, 'kmem_cache', 'usersize'),
    value: (was) => was + 0x1000n,
    warning: /its objects have \d+ bytes, but \d+ of them may be copied to user space/,
  },
  'the place of a node': {
    command: ['pages'],
    at: (typed) => (nodeAddresses(typed)[1] ?? 0n) + member(typed, 'pglist_data', 'node_id'),
    value: (was) => was ^ 1n,
    warning: /node_data\[1\] belongs to node 0, by its node_id/,
  },
  'the purpose of an area': {
    command: ['usage'],
    at: (typed) => ioremapArea(typed) + member(typed, 'vm_struct', 'flags'),
    value: (was) => was + 1n,
    warning: /it has a phys_addr, but does not come from ioremap/,
  },
  'the caller of an area': {
    command: ['usage'],
    at: (typed) => ioremapArea(typed) + member(typed, 'vm_struct', 'caller'),
    value: (was) => was ^ (1n << 46n),
    warning: /its caller is \w+, which is not code/,
  },
  'the size of an area': {
    command: ['usage'],
    at: (typed) => ioremapArea(typed) + member(typed, 'vm_struct', 'size'),
    value: (was) => was - 0x1000n,
    warning: /its vm_struct at \w+ has other addresses/,
  },
  'the number of objects in a slab': {
    command: ['usage'],
    at: (typed) => unmergedCache(typed) + member(typed, 'kmem_cache', 'oo'),
    value: (was) => was - 1n,
    warning: /slabs of order \d cannot have \d+ objects of \d+ bytes/,
  },
  'the task of a CPU': {
    command: ['ps'],
    at: (typed) => typed.symbol('pcpu_hot') + typed.space.u64(typed.symbol('__per_cpu_offset')),
    value: (was) => was + 0x80n,
    warning: /CPU 0 runs the task at \w+, which is neither in a list of tasks nor in its run queue/,
  },
  'the name of a zone': {
    command: ['page', '4096'],
    at: (typed) => (zoneAddresses(typed)[1] ?? 0n) + member(typed, 'zone', 'name'),
    value: (was) => was ^ (1n << 55n),
    warning: /not all about the page can be read/,
  },
  'the number of free pages of a CPU': {
    command: ['usage'],
    at: (typed) => cpuFreePages(typed, 1),
    value: (was) => was + (1n << 32n),
    warning: /the lists of CPU 1 at \w+ have \d+ free pages, but its count is \d+/,
  },
  "where a zone's per-CPU free pages are": {
    command: ['usage'],
    at: (typed) => (zoneAddresses(typed)[1] ?? 0n) + member(typed, 'zone', 'per_cpu_pageset'),
    value: () => 0n,
    warning: /the zone at \w+ has no per-CPU lists/,
  },
  'the text of the name of a zone': {
    command: ['page', '4096'],
    at: (typed) => (zoneAddresses(typed)[1] ?? 0n) + member(typed, 'zone', 'name'),
    value: (was) => was + 1n,
    warning: /zone 1 is ZONE_DMA32, but its name is MA32/,
  },
  'the name of a slab cache': {
    command: ['usage'],
    at: (typed) => unmergedCache(typed) + member(typed, 'kmem_cache', 'name'),
    value: (was) => was + 1n,
    warning: /slab cache \w+ is called \w+ in sysfs \(kobj\.name\)/,
  },
  'the place of a member in BTF': {
    command: ['struct', 'task_struct'],
    at: (typed) => memberWord(typed, 'task_struct', 7),
    value: (was) => was - 8n,
    warning:
      /BTF is damaged: struct task_struct has an impossible layout: member 8 \(\w+\) begins before the end of/,
  },
  'the size of huge pages': {
    command: ['usage'],
    at: (typed) => typed.symbol('hstates') + member(typed, 'hstate', 'order'),
    value: (was) => was - 1n,
    warning: /hstates\[0\]\.order is 17, but by its name its pages have 1048576 kB/,
  },
  'the pages of a file, too many': {
    command: ['usage'],
    at: ofMapping('nrpages'),
    value: (was) => was + 32n,
    warning: /has \d+ pages by nrpages, but \d+ by the struct pages/,
  },
  'the pages of a file, too few': {
    command: ['usage'],
    at: ofMapping('nrpages'),
    value: (was) => was - 513n,
    warning: /has \d+ pages by nrpages, but \d+ by the struct pages/,
  },
  'the type of a file system': {
    command: ['usage'],
    at: async (typed, dump) =>
      typed.space.u64((await superBlock(typed, dump)) + member(typed, 'super_block', 's_type')) +
      member(typed, 'file_system_type', 'fs_supers'),
    value: () => 0n,
    warning: /the super block at \w+ is not in the list of its s_type at/,
  },
  'the file system of a mount': {
    command: ['usage'],
    at: async (typed, dump) => {
      const mounts = (await superBlock(typed, dump)) + member(typed, 'super_block', 's_mounts');
      return (
        typed.space.u64(mounts) -
        member(typed, 'mount', 'mnt_instance') +
        member(typed, 'mount', 'mnt.mnt_sb')
      );
    },
    value: (was) => was + 8n,
    warning: /the mount at \w+ is in the list of another file system/,
  },
  'the xarray of a node': {
    command: ['usage'],
    at: async (typed, dump) => {
      const head = (await mapping(dump)) + member(typed, 'address_space', 'i_pages.xa_head');
      return typed.space.u64(head) - 2n + member(typed, 'xa_node', 'array');
    },
    value: (was) => was + 8n,
    warning: /the node at \w+ does not belong to the xarray of the file at/,
  },
  'the length of a name': {
    command: ['usage'],
    at: ofDentry('d_name.hash_len'),
    value: (was) => was + (1n << 32n),
    warning: /has a name of \d+ bytes according to d_name, but it does not end there/,
  },
  'the place of a name': {
    command: ['usage'],
    at: ofDentry('d_name.name'),
    value: (was) => was + 8n,
    warning: /has a name of \d+ bytes outside its dentry, which has room for \d+/,
  },
};

describe('what another structure contradicts is reported', () => {
  const dump = new ChangedDump('linux-6.12-numa');
  const whole = new Map<string, Promise<Answer>>();
  const wholeOf = (command: readonly string[]) => {
    const key = command.join(' ');
    const known = whole.get(key) ?? dump.ask(command);
    whole.set(key, known);
    return known;
  };
  // `info` says in its document why it has no value.
  const reported = ({ out, err }: Answer) => `${err}${JSON.stringify(JSON.parse(out).unavailable)}`;

  test.each(Object.entries(LIES))('%s', async (_, { command, at, value, warning }) => {
    const address = await at(dump.typed, dump);
    const changed = [dump.word(address, value(dump.typed.space.u64(address)))];
    const answer = await dump.ask(command, changed);
    expect([answer.status, reported(answer)]).toEqual([3, expect.stringMatching(warning)]);
    const before = await wholeOf(command);
    expect([before.status, reported(before)]).toEqual([0, expect.not.stringMatching(warning)]);
  });
});

test('a type that modules may have is not reported as missing if the list of modules is cut', async () => {
  const dump = new ChangedDump('linux-6.12-numa');
  const head = dump.typed.symbol('btf_modules');
  const command = ['struct', 'virtblk_none'];
  const cut = [dump.word(head, 0xdead_0000_0000_0122n), dump.word(head + 8n, 0xdead_0000_0000_0122n)];
  const [whole, changed] = [await dump.ask(command), await dump.ask(command, cut)];
  expect([whole.status, whole.err]).toEqual([
    1,
    expect.stringMatching(/this kernel has no type virtblk_none/),
  ]);
  expect([changed.status, changed.err]).toEqual([
    1,
    expect.stringMatching(
      /no type virtblk_none was found, but the list of modules' types \(btf_modules\) is broken/,
    ),
  ]);
});

test("a mount that is cut out of its file system's chain is reported", async () => {
  const dump = new ChangedDump('linux-7.3-5level');
  const sb = await superBlock(dump.typed, dump);
  const mount = dump.typed.space.u64(sb + member(dump.typed, 'super_block', 's_mounts'));
  const at = mount + member(dump.typed, 'mount', 'mnt_pprev_for_sb');
  const { status, err } = await dump.ask(['usage'], [dump.word(at, 0n)]);
  expect([status, err]).toEqual([
    3,
    expect.stringMatching(/the mount at \w+ has a wrong predecessor in the list of its file system/),
  ]);
});

test('all memory is compared with the zones if the types are not in the dump', async () => {
  const dump = new ChangedDump('linux-6.1');
  const total = dump.typed.symbol('_totalram_pages');
  const pages = dump.typed.space.u64(total);
  const answer = await dump.ask(['info'], [dump.word(total, pages + 1n)]);
  expect([answer.status, answer.err]).toEqual([
    3,
    expect.stringMatching(
      /_totalram_pages, managed_pages of all zones: \d+ pages were counted, .* nothing explains 1 of/,
    ),
  ]);
  expect((await dump.ask(['info'])).err).not.toMatch(/_totalram_pages/);
});

test.each(['linux-6.1', 'linux-6.12-numa'])('the slide of %s is compared with _stext', async (name) => {
  const dump = new ChangedDump(name);
  const note = 'KERNELOFFSET=';
  const head = readFileSync(dump.path).subarray(0, 1 << 20);
  const at = head.indexOf(note) + note.length;
  expect(at).toBeGreaterThan(note.length);
  const bytes = Uint8Array.of(head[at] === 0x31 ? 0x32 : 0x31);
  const answer = await dump.ask(['info'], [{ at, bytes }]);
  const reported = JSON.parse(answer.out) as { layout: { kernelOffset: string | null }; unavailable: object };
  expect([answer.status, reported.layout.kernelOffset, reported.unavailable]).toEqual([
    3,
    null,
    expect.objectContaining({
      'layout.kernelOffset': 'KERNELOFFSET; SYMBOL(_stext) contradicts it',
    }),
  ]);
});

test.each(['symbols', 'info'])('%s reports names that kallsyms_num_syms leaves out', async (command) => {
  const dump = new ChangedDump('linux-6.12-numa');
  const at = dump.typed.kernel.info.symbol('kallsyms_num_syms') ?? 0n;
  const was = dump.typed.space.u64(at);
  const asked = command === 'symbols' ? [command, 'init_task'] : [command];
  const answer = await dump.ask(asked, [dump.word(at, was - 0x100n)]);
  expect([answer.status, answer.err]).toEqual([
    3,
    expect.stringMatching(
      /names of symbols may be wrong: kallsyms: names go on after \d+, the value of kallsyms_num_syms/,
    ),
  ]);
  expect((await dump.ask(asked)).err).not.toMatch(/kallsyms/);
});
