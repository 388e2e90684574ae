import { describe, expect, test } from 'vitest';
import { panicTaskIn, taskInLine } from '../../../src/kernel/system/panic-task.ts';
import { logOf } from '../../builders/log-record.ts';

describe('the task in a line of a report', () => {
  // dump_stack_print_info of 4.18, 5.10 and 6.12
  test.each([
    ['CPU: 3 PID: 712 Comm: bash Not tainted 4.18.0-240.el8.x86_64 #1', 3, 712, 'bash'],
    ['CPU: 0 PID: 1 Comm: init Kdump: loaded Not tainted 5.10.0-32-cloud-amd64 #1', 0, 1, 'init'],
    [
      'CPU: 1 UID: 1000 PID: 42 Comm: a b Kdump: loaded Tainted: G        W          6.12.107 #1',
      1,
      42,
      'a b',
    ],
    ['CPU: 0 PID: 9 Comm: x Not tainted Not tainted 5.4.0 #1', 0, 9, 'x Not tainted'],
    ['CPU: 2 PID: 0 Comm: swapper/2 Tainted: P           OE     5.4.0 #1', 2, 0, 'swapper/2'],
  ])('%s', (text, cpu, pid, comm) => expect(taskInLine(text)).toEqual({ cpu, pid, comm }));

  test.each([
    ['CPU: 0 PID: 1 Comm: init'],
    [' CPU: 0 PID: 1 Comm: init Not tainted'],
    ['note: CPU: 0 PID: 1 Comm: init Not tainted'],
    ['CPU: 0 PID: 1 Comm: longer than 15 characters Not tainted'],
  ])('is not in: %s', (text) => expect(taskInLine(text)).toBeUndefined());
});

describe('the task that panicked', () => {
  const PANIC = 'Kernel panic - not syncing: sysrq triggered crash';
  const line = (cpu: number, pid: number) => `CPU: ${cpu} PID: ${pid} Comm: task Not tainted 5.10.0 #1`;
  const pidIn = (cpu: number | null, ...lines: string[]) => {
    const records = logOf(lines.map((text) => `1.0 T1 ${text}`));
    const entries = function* () {
      yield* records;
    };
    return panicTaskIn({ entries }, cpu)?.pid;
  };

  test('is named on its CPU, after the start of the report', () => {
    expect(pidIn(1, line(1, 5), PANIC, line(1, 7), line(0, 8))).toBe(7);
    expect(pidIn(1, line(1, 5), PANIC, line(0, 8))).toBeUndefined();
    expect(pidIn(1, line(1, 5))).toBeUndefined();
  });

  test('is the last of its CPU: a warning may precede the panic', () => {
    expect(pidIn(0, '-----------[ cut here ]------------', line(0, 3), PANIC, line(0, 7))).toBe(7);
  });

  test('is unknown where the CPU is not known and lines name several', () => {
    expect(pidIn(null, PANIC, line(1, 7))).toBe(7);
    expect(pidIn(null, PANIC, line(1, 7), line(0, 8))).toBeUndefined();
  });
});
