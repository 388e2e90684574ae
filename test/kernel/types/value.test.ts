import { describe, expect, test } from 'vitest';
import { parseOneAddress } from '../../../src/cli/options/address-words.ts';
import { nearNames } from '../../../src/kernel/evidence/near-names.ts';
import { AddressResolver } from '../../../src/kernel/symbols/address-resolver.ts';
import { findType } from '../../../src/kernel/symbols/find-subject.ts';
import { Symbolizer } from '../../../src/kernel/symbols/symbolizer.ts';
import { followPath, parseSubject } from '../../../src/kernel/types/subject.ts';
import { notesOn, readValue, type Value } from '../../../src/kernel/types/value.ts';
import { jsonValue } from '../../../src/report/struct-report.ts';
import { valueView } from '../../../src/report/views/value-view.ts';
import { ascii, packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { taskTypes } from '../../builders/task-types.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';
import { textOf } from '../../support/text-of.ts';

const MM = 0x800;
const PGD = 0xc00;

function built(): BuiltTypedKernel {
  const kernel = new BuiltTypedKernel(taskTypes().btf, { init_task: 0, init_mm: MM });
  kernel.write(
    0,
    packed(144, [
      [0, 4, 7],
      [4, 4, 3],
      [8, 8, kernel.at(MM)],
      [16, 8, 0x0000_0002_0000_0001n],
    ]),
  );
  kernel.write(24, ascii('ab\x1b[2J"\\\0'));
  kernel.write(40, packed(8, [[0, 4, 1 | (5 << 1)]]));
  kernel.write(
    48,
    packed(24, [
      [0, 4, 1],
      [4, 4, 2],
      [8, 4, 1],
      [12, 4, 2],
      [16, 4, 9],
      [20, 4, -1 >>> 0],
    ]),
  );
  kernel.write(
    88,
    packed(32, [
      [0, 4, 128],
      [4, 1, 1],
      [8, 8, 2n ** 60n],
    ]),
  );
  kernel.writeU64(MM, kernel.at(PGD));
  kernel.writeU64(PGD, 0x1234_5067n);
  return kernel;
}

const kernel = built();
const { typed } = kernel;
const PLENTY = { elements: 100, values: 1000 };

function value(name: string, address: bigint | null = kernel.at(0), budget = PLENTY): Value {
  const parsed = parseSubject(name);
  const { btf, id } = findType(typed, parsed);
  const subject = followPath(typed.space, { btf, type: id, bits: null, address }, parsed.steps);
  return readValue(typed.space, subject, subject.address ?? 0n, { ...budget });
}

describe('a value', () => {
  test('is an object of all members, including the ones of anonymous types', () => {
    expect(jsonValue(value('task_struct'))).toEqual({
      __state: 7,
      usage: { refs: { counter: 3 } },
      mm: `0x${kernel.at(MM).toString(16)}`,
      whole: 0x2_0000_0001,
      low: 1,
      high: 2,
      comm: 'ab\x1b[2J"\\',
      on_rq: 1,
      prio: 5,
      pairs: [
        { x: 1, y: 2 },
        { x: 1, y: 2 },
        { x: 9, y: -1 },
      ],
      tasks: {},
      exit: 'DEAD',
      frozen: true,
      start: '1152921504606846976',
      hidden: '0x0',
      fn: '0x0',
      flex: [],
    });
  });

  test('is printed one line per member, with equal neighbours printed once, and without raw control characters', async () => {
    const symbolOf = (address: bigint) => (address === kernel.at(MM) ? 'init_mm' : undefined);
    const type = {
      name: 'struct task_struct',
      definition: null,
      size: 144,
      module: null,
      layout: null,
      enumerators: null,
    };
    const title = { type, name: 'task_struct', address: kernel.at(0), symbol: 'init_task' };
    const text = await textOf(valueView(title, value('task_struct'), symbolOf));
    expect(text.split('\n').slice(0, 9)).toEqual([
      `struct task_struct at 0x${kernel.at(0).toString(16)} <init_task>`,
      '  __state = 7',
      '  usage = {',
      '    refs = {',
      '      counter = 3',
      '    }',
      '  }',
      `  mm = 0x${kernel.at(MM).toString(16)} <init_mm>`,
      '  whole = 8589934593 (0x200000001)',
    ]);
    expect(text).toContain('  comm = "ab\\x1b[2J\\"\\\\"\n');
    expect(text).toContain('  tasks = {}\n');
    expect(text).toContain('  exit = DEAD (128)\n  frozen = true\n');
    expect(text).toContain(
      '  pairs = {\n    [0..1] = {\n      x = 1\n      y = 2\n    }\n    [2] = {\n      x = 9\n',
    );
    expect(text).toContain('  start = 1152921504606846976 (0x1000000000000000)\n');
  });

  test.each([
    ['task_struct.pairs[2].y', -1],
    ['task_struct.prio', 5],
    ['task_struct.on_rq', 1],
    ['task_struct.high', 2],
    ['task_struct.mm->pgd->pgd', 0x1234_5067],
  ])('at the end of a path is printed alone: %s', (path, wanted) => {
    expect(jsonValue(value(path))).toBe(wanted);
  });

  test('is cut if it has too many elements, and says so', () => {
    const cut = value('task_struct.pairs', kernel.at(0), { elements: 2, values: 1000 });
    expect(cut).toMatchObject({ kind: 'array', count: 3, elements: [{}, {}] });
    expect(notesOn(value('task_struct', kernel.at(0), { elements: 2, values: 1000 })).cut).toEqual([
      'only the first 2 of 3 elements of pairs are shown',
    ]);
  });

  test('has null for missing parts, and the reason', () => {
    // The data of the image ends with the image; nothing is mapped after it.
    const end = kernel.kernel.inImage(0x20_0000);
    const partial = value('task_struct', end - 24n);
    expect(jsonValue(partial)).toMatchObject({ __state: 0, low: 0, comm: null, on_rq: null, exit: null });
    expect(notesOn(partial).missing[0]).toContain('is not mapped');
  });

  test('cannot be read of a type that has no values', () => {
    expect(failureOf(() => value('task_struct.hidden->x')).kind).toBe('notMapped');
    expect(failureOf(() => value('hidden')).kind).toBe('unsupported');
  });
});

describe('names', () => {
  test.each([
    '',
    '1x',
    'a b',
    'task_struct..mm',
    'task_struct.mm-pgd',
    'task_struct.mm->',
    'task_struct[x]',
    'a#0',
  ])('are rejected as usage errors if malformed: "%s"', (name) => {
    expect(failureOf(() => parseSubject(name)).kind).toBe('usage');
  });

  test('may have a C keyword before them', () => {
    expect(parseSubject('struct task_struct.mm')).toEqual(parseSubject('task_struct.mm'));
  });

  test('that are almost right suggest the right ones', () => {
    const { btf } = typed.types;
    expect(nearNames(btf.names(), 'tsk_struct')).toContain('task_struct');
    expect(nearNames(btf.names(), 'mm_strct')[0]).toBe('mm_struct');
    expect(nearNames(btf.names(), 'task_')).toEqual(expect.arrayContaining(['task_state', 'task_struct']));
    expect(nearNames(btf.names(), 'quite_another')).toEqual([]);
    const failure = failureOf(() => findType(typed, parseSubject('mm_strct')));
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { hint: 'did you mean mm_struct?' } });
  });
});

describe('an address', () => {
  const symbols = new Symbolizer(typed);
  const resolver = new AddressResolver(typed.kernel, symbols);
  const at = (text: string) => resolver.resolve(parseOneAddress([text])).address;

  test('is a number, a symbol, or a symbol with an offset', () => {
    expect(at('0xffff888000000000')).toBe(0xffff_8880_0000_0000n);
    expect(at('init_mm')).toBe(kernel.at(MM));
    expect(at('init_mm+0x10')).toBe(kernel.at(MM + 16));
  });

  test.each(['12', '0x', '0x12345678123456781', 'a b', 'init_mm+16', ''])('is not "%s"', (text) => {
    expect(failureOf(() => at(text)).kind).toBe('usage');
  });

  test('is missing if no symbol or more than one has the name', () => {
    expect(failureOf(() => at('nothing')).kind).toBe('missingInfo');
    const failure = failureOf(() => at('helper'));
    expect(failure.message).toContain('2 symbols are named helper');
    expect(failure.facts.hint?.match(/0x[0-9a-f]+/g)).toHaveLength(2);
  });
});
