import { describe, expect, test } from 'vitest';
import { listTasks } from '../../../src/kernel/tasks/task-listing.ts';
import { nameReader } from '../../../src/kernel/tasks/thread-names.ts';
import { type BuiltTask, TaskKernel } from '../../builders/task-kernel.ts';

const KTHREAD = 0x20_0000;
const WORKER = KTHREAD | 0x20;

function namesOf(tasks: readonly Partial<BuiltTask>[], form: 'percpu' | 'split' = 'percpu'): unknown[] {
  const { typed } = new TaskKernel({ form, tasks: tasks.map((task, i) => ({ pid: i + 1, ...task })) });
  const nameOf = nameReader(typed);
  return listTasks(typed).tasks.map((task) => {
    const name = nameOf(task);
    return 'value' in name ? name.value : name;
  });
}

describe('the name of a thread of the kernel', () => {
  test('is whole since 5.17', () => {
    const kthread = { fullName: 'rcu_exp_par_gp_kthread_worker/0' };
    expect(namesOf([{ comm: 'rcu_exp_par_gp_', flags: KTHREAD, kthread }])).toEqual([kthread.fullName]);
  });

  test('is comm if that is all', () => {
    const tasks = [
      { comm: 'kthreadd', flags: KTHREAD },
      { comm: 'ksmd', flags: KTHREAD, kthread: {} },
    ];
    expect(namesOf(tasks)).toEqual(['kthreadd', 'ksmd']);
    expect(namesOf(tasks, 'split')).toEqual(['kthreadd', 'ksmd']);
  });

  test('has no more bytes than in /proc', () => {
    const kthread = { fullName: 'n'.repeat(63) };
    expect(namesOf([{ comm: 'n'.repeat(15), flags: KTHREAD, kthread }])).toEqual([kthread.fullName]);
  });

  test('must begin as comm does', () => {
    const kthread = { fullName: 'rcu_exp_par_gp_kthread_worker/0' };
    expect(namesOf([{ comm: 'kswapd0', flags: KTHREAD, kthread }])).toMatchObject([{ kind: 'corrupt' }]);
  });

  test('is not looked for in a process, whose word is for other things', () => {
    expect(namesOf([{ comm: 'iou-wrk-7', flags: 0x10, kthread: { fullName: 'other' } }])).toEqual([
      'iou-wrk-7',
    ]);
  });
});

describe('the name of a worker', () => {
  const worker = (comm: string, kthread: BuiltTask['kthread']) => ({
    comm,
    flags: WORKER,
    ...(kthread && { kthread }),
  });

  test.each(['percpu', 'split'] as const)('tells what it works on, or last worked on (%s)', (form) => {
    const names = namesOf(
      [
        worker('kworker/0:1', { worker: { desc: 'events', working: true } }),
        worker('kworker/u8:0', { worker: { desc: 'events_unbound' } }),
        worker('kworker/1:0', { worker: { desc: '' } }),
        worker('kworker/2:0', { worker: { desc: 'old', hasPool: false } }),
      ],
      form,
    );
    expect(names).toEqual([
      'kworker/0:1+events',
      'kworker/u8:0-events_unbound',
      'kworker/1:0',
      'kworker/2:0',
    ]);
  });

  test('is whole', () => {
    const fullName = 'kworker/R-kvfree_rcu_reclaim';
    expect(namesOf([worker('kworker/R-kvfre', { fullName, worker: { desc: '', hasPool: false } })])).toEqual([
      fullName,
    ]);
  });

  test('is comm if that was changed', () => {
    const kthread = { fullName: 'kworker/u256:100-long', worker: { desc: '', hasPool: false } };
    expect(namesOf([worker('kworker/dying', kthread)])).toEqual(['kworker/dying']);
  });

  test('is not taken from the worker of another task', () => {
    const of2 = worker('kworker/0:1', { worker: { desc: 'events', of: 2 } });
    expect(namesOf([of2])).toMatchObject([{ kind: 'corrupt' }]);
  });
});
