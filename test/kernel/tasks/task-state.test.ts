import { describe, expect, test } from 'vitest';
import { taskState } from '../../../src/kernel/tasks/task-state.ts';

describe('the state of a task', () => {
  // Values of include/linux/sched.h, copied by hand; letters of proc_pid_status(5).
  test.each([
    ['TASK_RUNNING', 0x0, 0, 'R'],
    ['TASK_INTERRUPTIBLE', 0x1, 0, 'S'],
    ['TASK_UNINTERRUPTIBLE', 0x2, 0, 'D'],
    ['TASK_KILLABLE', 0x102, 0, 'D'],
    ['TASK_STOPPED', 0x104, 0, 'T'],
    ['TASK_TRACED', 0x108, 0, 't'],
    ['TASK_DEAD, EXIT_DEAD', 0x80, 0x10, 'X'],
    ['TASK_DEAD, EXIT_ZOMBIE', 0x80, 0x20, 'Z'],
    ['TASK_PARKED', 0x40, 0, 'P'],
    ['TASK_IDLE', 0x402, 0, 'I'],
    ['TASK_IDLE that can be frozen', 0x2402, 0, 'I'],
    ['TASK_INTERRUPTIBLE that can be frozen', 0x2001, 0, 'S'],
    ['TASK_RTLOCK_WAIT', 0x1000, 0, 'D'],
    ['TASK_FROZEN', 0x8000, 0, 'D'],
    ['TASK_WAKING', 0x200, 0, 'R'],
    ['TASK_NEW', 0x800, 0, 'R'],
  ] as const)('%s is reported as by the kernel', (_, state, exitState, letter) => {
    expect(taskState(state, exitState)).toBe(letter);
  });
});
