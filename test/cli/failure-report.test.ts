import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportFailure } from '../../src/cli/output/failure.ts';
import { ReaderGone } from '../../src/cli/output/write.ts';
import { InspectError } from '../../src/errors.ts';
import { type FakeTerminal, fakeTerminal } from '../support/fake-terminal.ts';

let terminal: FakeTerminal;
beforeEach(() => {
  terminal = fakeTerminal('stderr');
});
afterEach(() => terminal.release());

/** The exit status, and what is printed to stderr. */
function report(error: unknown, debug = false) {
  const status = reportFailure(error, { debug });
  return { status, said: terminal.text() };
}

describe('what ends the program', () => {
  it('is not a failure if the reader of the result has gone', () => {
    expect(report(new ReaderGone())).toEqual({ status: 0, said: '' });
  });

  it('is a sentence and a hint, and has status 1, or 2 for wrong usage', () => {
    const hint = 'save it to a file first';
    expect(report(new InspectError('io', 'core: is not a regular file', { hint }))).toEqual({
      status: 1,
      said: `kdump-inspect: core: is not a regular file\n  ${hint}\n`,
    });
    expect(reportFailure(new InspectError('usage', 'no'), {})).toBe(2);
  });

  it.each([
    ['an error of no kind that a user can meet', new TypeError('x is undefined')],
    ['what is thrown and no error at all', 'x is undefined'],
  ])('is said to be a bug, with how to report it: %s', (_, error) => {
    const { status, said } = report(error);
    expect(status).toBe(1);
    const [what, how] = said.split('\n');
    expect(what).toBe('kdump-inspect: internal error: x is undefined');
    expect(how).toMatch(/^ {2}this is a bug .* --debug /);
  });

  it('shows a stack trace only with --debug, escaped except for its line breaks', () => {
    const error = new InspectError('corrupt', 'bad');
    error.stack = 'InspectError: bad\n    at read (\x1b[2J)';
    expect(report(error).said).toBe('kdump-inspect: bad\n');
    expect(report(error, true).said).toBe(
      'kdump-inspect: bad\nkdump-inspect: bad\nInspectError: bad\n    at read (\\x1b[2J)\n',
    );
  });

  it.each([
    ['has no stack', Object.assign(new Error('x'), { stack: undefined })],
    ['is no error', 'x'],
  ])('shows no place with --debug where it %s', (_, error) => {
    expect(report(error, true).said).not.toMatch(/undefined|^ {4}at /m);
  });
});
