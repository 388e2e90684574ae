import { describe, expect, test } from 'vitest';
import { ascii, packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { taskTypes } from '../../builders/task-types.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const OTHER = 0x1000;

function built(): BuiltTypedKernel {
  const kernel = new BuiltTypedKernel(taskTypes().btf, { init_task: 0 });
  const fields = [
    [0, 4, 0x8000_0001],
    [4, 4, 3],
    [8, 8, 0xffff_8880_1234_5678n],
    [16, 8, 0xaaaa_aaaa_5555_5555n],
    [40, 4, 1 | (0x7d << 1)],
    [48, 4, 10],
    [56, 4, 11],
    [60, 4, 0xffff_fffe],
    [88, 4, 128],
    [92, 1, 1],
    [96, 8, 2n ** 53n],
  ] as const;
  kernel.write(0, packed(144, fields));
  kernel.write(24, ascii('swapper/0\0old'));
  return kernel;
}

describe('members of an object', () => {
  const { typed, ...kernel } = built();
  const address = typed.symbol('init_task');

  test('are numbers, signed like their types', () => {
    const task = typed.read('task_struct', address, '__state', 'pairs[1].x', 'pairs[1].y', 'exit', 'frozen');
    expect(task.number('__state')).toBe(0x8000_0001);
    expect(task.number('pairs[1].x')).toBe(11);
    expect(task.number('pairs[1].y')).toBe(-2);
    expect(task.number('exit')).toBe(128);
    expect(task.number('frozen')).toBe(1);
  });

  test('are bit fields, signed like their types', () => {
    const task = typed.read('task_struct', address, 'on_rq', 'prio');
    expect([task.number('on_rq'), task.number('prio')]).toEqual([1, -3]);
  });

  test('are numbers if a structure just wraps one', () => {
    expect(typed.read('task_struct', address, 'usage').number('usage')).toBe(3);
  });

  test('are found in anonymous structures and unions', () => {
    const task = typed.read('task_struct', address, 'whole', 'low', 'high');
    expect(task.big('whole')).toBe(0xaaaa_aaaa_5555_5555n);
    expect([task.number('low'), task.number('high')]).toEqual([0x5555_5555, 0xaaaa_aaaa]);
  });

  test('are pointers, text and bytes', () => {
    const task = typed.read('task_struct', address, 'mm', 'comm', 'tasks');
    expect(task.big('mm')).toBe(0xffff_8880_1234_5678n);
    expect(task.text('comm')).toBe('swapper/0');
    expect(task.bytes('comm').subarray(9)).toEqual(ascii('\0old\0\0\0'));
    expect(task.addressOf('tasks')).toBe(address + 72n);
  });

  test('are numbers only up to the safe integers', () => {
    const task = typed.read('task_struct', address, 'start');
    expect(task.big('start')).toBe(2n ** 53n);
    expect(failureOf(() => task.number('start'))).toMatchObject({ kind: 'corrupt', facts: { address } });
  });

  test('are not numbers when they are a structure of several', () => {
    const task = typed.read('task_struct', address, 'pairs[0]');
    expect(failureOf(() => task.number('pairs[0]')).kind).toBe('unsupported');
  });

  test('can be read by the names that other kernels have for them', () => {
    const task = typed.read('task_struct', address, 'state');
    expect(task.number('state')).toBe(0x8000_0001);
  });

  test('may be absent if that is allowed', () => {
    const task = typed.read('task_struct', address, 'comm', 'rss_stat?');
    expect(task.has('rss_stat')).toBe(false);
    expect(task.has('comm')).toBe(true);
    expect(failureOf(() => task.number('rss_stat')).kind).toBe('missingInfo');
    const failure = failureOf(() => typed.reader('task_struct', 'rss_stat'));
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'task_struct.rss_stat' } });
  });

  test('come from the object that was read last', () => {
    const whole = built();
    whole.write(OTHER, packed(144, [[0, 4, 7]]));
    const reader = whole.typed.reader('task_struct', '__state');
    expect(reader.load(whole.at(0)).number('__state')).toBe(0x8000_0001);
    expect(reader.load(whole.at(OTHER)).number('__state')).toBe(7);
    expect(reader.address).toBe(whole.at(OTHER));
  });

  test('can be taken from bytes that were read before', () => {
    const reader = typed.reader('task_struct', 'low', 'usage');
    const bytes = packed(200, [
      [50 + 16, 4, 5],
      [50 + 4, 4, 6],
    ]);
    reader.loadFrom(bytes, 50, 99n);
    expect([reader.number('low'), reader.number('usage'), reader.address]).toEqual([5, 6, 99n]);
  });

  test('cannot be read if nothing is mapped', () => {
    const reader = typed.reader('task_struct', 'comm');
    expect(failureOf(() => reader.load(0xffff_9000_0000_0000n)).kind).toBe('notMapped');
  });

  test('are read together, only from the first to the last selected one', () => {
    const { memory } = kernel.kernel;
    const reader = typed.reader('task_struct', 'mm', 'usage');
    reader.load(address);
    memory.reads.length = 0;
    reader.load(address);
    expect(memory.reads).toHaveLength(1);
  });
});

describe('what a kernel does not have', () => {
  test('is reported by name: types, members, enumerators', () => {
    const { types } = built().typed;
    expect(failureOf(() => types.struct('mem_cgroup'))).toMatchObject({ kind: 'missingInfo' });
    expect(types.findStruct('int')).toBeUndefined();
    expect(types.struct('task_struct').find('mm.pgd')).toBeUndefined();
    expect(types.enumerator('DEAD')).toBe(128n);
    expect(types.enumerator('LOST')).toBe(-1n);
    expect(types.enumerator('GONE')).toBeUndefined();
    expect(types.enumeration('task_state')?.map((e) => e.name)).toEqual(['RUNNING', 'DEAD', 'LOST']);
  });

  test('includes all types if it was built without them', () => {
    const { typed } = new BuiltTypedKernel(null);
    const failure = failureOf(() => typed.types);
    expect(failure.kind).toBe('missingInfo');
    expect(failure.message).toContain('no BTF');
    expect(failure.facts.hint).toContain('CONFIG_DEBUG_INFO_BTF');
  });

  test('includes elements past the end of an array, unless it is flexible', () => {
    const type = built().typed.types.struct('task_struct');
    expect(type.find('pairs[2].y')?.offset).toBe(48 + 16 + 4);
    expect(type.find('pairs[3]')).toBeUndefined();
    expect(type.find('flex[5]')?.offset).toBe(120 + 20);
    expect(type.find('mm[0]')).toBeUndefined();
  });
});

test('impossible types are corrupt, and the error says where in memory they are', () => {
  const blob = taskTypes().btf.bytes({ magic: 0x1234 });
  const { typed } = new BuiltTypedKernel(taskTypes().btf, {}, blob);
  const failure = failureOf(() => typed.types);
  expect(failure.kind).toBe('corrupt');
  expect(failure.message).toContain(typed.symbol('__start_BTF').toString(16));
});
