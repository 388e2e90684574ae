import { describe, expect, it } from 'vitest';
import { differences, general } from './fuzz/differential/compare.ts';
import { figuresOf } from './fuzz/differential/figures.ts';
import { judge, type Ran, undamaged } from './fuzz/differential/outcome.ts';

const ran = (report: object, status = 0, stderr = ''): Ran => ({
  status,
  stdout: JSON.stringify(report),
  stderr,
});

const WHOLE = {
  schema: 'kdump-inspect/usage/1',
  types: [
    { type: 'slab', pages: 7 },
    { type: 'free', pages: 9 },
  ],
  slabs: { countExact: true, caches: 2, largest: [{ name: 'dentry', active: 5 }] },
  warnings: [],
  complete: true,
};

const TARGET = { structure: 'kmem_cache', field: 'list.next' };

function outcome(after: Ran, target = TARGET) {
  return judge('usage', undamaged('usage', ran(WHOLE)), after, target).kind;
}

describe('the report on a changed dump, compared with that on the undamaged dump', () => {
  it('is equal if its lists are in another order', () => {
    expect(outcome(ran({ ...WHOLE, types: WHOLE.types.toReversed() }))).toBe('equal');
  });

  it('is silent if a figure differs and nothing is said', () => {
    expect(outcome(ran({ ...WHOLE, types: [{ type: 'slab', pages: 6 }, WHOLE.types[1]] }))).toBe('SILENT');
  });

  it('is silent if an element is missing and the list does not say so', () => {
    const slabs = { ...WHOLE.slabs, largest: [] };
    expect(outcome(ran({ ...WHOLE, slabs }))).toBe('SILENT');
    expect(outcome(ran({ ...WHOLE, slabs: { ...slabs, countExact: false } }))).toBe('unknown');
  });

  it('is unknown for null and for a correct bound', () => {
    const slab = (of: object) => ran({ ...WHOLE, types: [{ type: 'slab', ...of }, WHOLE.types[1]] });
    expect(outcome(slab({ pages: null }))).toBe('unknown');
    expect(outcome(slab({ pages: null, atLeast: 6 }))).toBe('unknown');
    expect(outcome(slab({ pages: null, atLeast: 8 }))).toBe('SILENT');
    expect(outcome(slab({ pages: null, atLeast: 6, atMost: 6 }))).toBe('SILENT');
  });

  it('is flagged with status 3, and says so if a figure is printed as certain', () => {
    expect(outcome(ran({ ...WHOLE, slabs: null }, 3, 'warning: the list of caches is cut\n'))).toBe(
      'flagged',
    );
    const certain = { ...WHOLE, types: [{ type: 'slab', pages: 6 }, WHOLE.types[1]] };
    expect(outcome(ran(certain, 3, 'warning: the list of caches is cut\n'))).toBe(
      'flagged, figure as certain',
    );
  });

  it('is refused with status 1, and a crash if the program reports a bug', () => {
    expect(outcome({ status: 1, stdout: '', stderr: 'kdump-inspect: corrupt\n' })).toBe('refused');
    expect(outcome({ status: 1, stdout: '', stderr: 'kdump-inspect: internal error: x\n' })).toBe('CRASH');
  });

  it('is a possible state only in the figure that follows from a field with no other source in the kernel', () => {
    const ps = (tasks: readonly object[]) => ran({ tasks });
    const before = undamaged('ps', ps([{ task: '0x1', pid: 3, comm: 'init' }]));
    const comm = { structure: 'task_struct', field: 'comm' };
    expect(judge('ps', before, ps([{ task: '0x1', pid: 3, comm: 'jnit' }]), comm).kind).toBe(
      'possible state',
    );
    expect(judge('ps', before, ps([{ task: '0x1', pid: 4, comm: 'init' }]), comm).kind).toBe('SILENT');
  });
});

it('names figures without the names of list elements', () => {
  const figures = figuresOf(
    'usage',
    JSON.stringify({ areas: [{ caller: 'a[b]+0x1', kind: 'map', pages: 3 }] }),
  );
  const [found] = differences(new Map(), figures).filter(({ after }) => after === 3);
  expect(general(found?.path ?? '')).toBe('areas[].pages');
});
