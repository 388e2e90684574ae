import { KIND } from '../../src/kernel/btf/kinds.ts';
import { BuiltBtf } from './btf.ts';

/** The types of a small kernel, with one member of each form. */
export function taskTypes(): { readonly btf: BuiltBtf; readonly task: number } {
  const btf = new BuiltBtf();
  const int = btf.int('int', 4, { signed: true });
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long unsigned int', 8);
  const char = btf.int('char', 1, { signed: true });
  const bool = btf.int('_Bool', 1, { bool: true });
  const atomic = btf.add(KIND.TYPEDEF, 'atomic_t', btf.struct('', 4, [['counter', int, 0]]));
  const refcount = btf.struct('refcount_struct', 4, [['refs', atomic, 0]]);
  const list = btf.struct('list_head', 16, []);
  const pgd = btf.add(KIND.TYPEDEF, 'pgd_t', btf.struct('', 8, [['pgd', u64, 0]]));
  const mm = btf.struct('mm_struct', 16, [
    ['pgd', btf.pointer(pgd), 0],
    ['map_count', int, 8],
  ]);
  const state = btf.enum(
    'task_state',
    [
      ['RUNNING', 0],
      ['DEAD', 128],
      ['LOST', -1],
    ],
    true,
  );
  const hidden = btf.add(KIND.FWD, 'hidden', 0);
  const inner = btf.struct('', 8, [
    ['low', u32, 0],
    ['high', u32, 4],
  ]);
  const either = btf.union('', 8, [
    ['whole', u64, 0],
    ['', inner, 0],
  ]);
  const pair = btf.struct('pair', 8, [
    ['x', int, 0],
    ['y', int, 4],
  ]);
  const task = btf.struct('task_struct', 144, [
    ['__state', u32, 0],
    ['usage', refcount, 4],
    ['mm', btf.pointer(mm), 8],
    ['', either, 16],
    ['comm', btf.array(char, 16), 24],
    ['on_rq', u32, 8 * 40, 1],
    ['prio', int, 8 * 40 + 1, 7],
    ['pairs', btf.array(pair, 3), 48],
    ['tasks', list, 72],
    ['exit', state, 88],
    ['frozen', bool, 92],
    ['start', u64, 96],
    ['hidden', btf.pointer(hidden), 104],
    [
      'fn',
      btf.pointer(
        btf.function(int, [
          ['task', btf.pointer(btf.endId + 1)],
          ['', 0],
        ]),
      ),
      112,
    ],
    ['flex', btf.array(int, 0), 120],
  ]);
  return { btf, task };
}
