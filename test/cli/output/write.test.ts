import type fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cannotWrite, ReaderGone, say, writeAll } from '../../../src/cli/output/write.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

const TEXT = 'a result of several bytes';

/**
 * Writes while the first calls return the given answers: a number of bytes, the name of a system error, or
 * another error. Later calls succeed. Returns what arrived.
 */
function writeWhere(
  answers: readonly (number | string | Error)[],
  write = () => writeAll(1, Buffer.from(TEXT)),
): string {
  const left = [...answers];
  let arrived = '';
  const restore = replaceCalls({
    writeSync: ((_: number, bytes: Uint8Array, from: number) => {
      const answer = left.shift() ?? bytes.length;
      if (answer instanceof Error) throw answer;
      if (typeof answer === 'string') throw refusal(answer, 'write');
      const taken = bytes.subarray(from, from + answer);
      arrived += Buffer.from(taken).toString('latin1');
      return taken.length;
    }) as typeof fs.writeSync,
  });
  try {
    write();
    return arrived;
  } finally {
    restore();
  }
}

describe('bytes that are written', () => {
  it.each([
    ['at once', []],
    ['in pieces, as a pipe takes them', [3, 1, 7]],
    ['though a signal came in between', [3, 'EINTR', 'EINTR']],
    ['though a pipe was full and did not wait', [3, 'EAGAIN', 5, 'EAGAIN']],
  ])('all arrive in order and once: %s', (_, answers) => {
    expect(writeWhere(answers)).toBe(TEXT);
  });

  it('are dropped after their reader has gone', () => {
    expect(() => writeWhere([3, 'EPIPE'])).toThrow(ReaderGone);
  });

  it('cause an error if the system refuses them, or anything else goes wrong', () => {
    expect(() => writeWhere([3, 'ENOSPC'])).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(() => writeWhere([new TypeError('bug')])).toThrow(TypeError);
  });

  it('are dropped if stderr is closed', () => {
    expect(writeWhere(['EBADF'], () => say(TEXT))).toBe('');
  });
});

describe('why a result cannot be written', () => {
  const why = (error: unknown) => cannotWrite('--output x', 'x', error);

  it('is said in words, with the name of the system error', () => {
    expect(why(refusal('ENOSPC', 'write'))).toMatchObject({
      ...{ kind: 'io', message: '--output x: cannot write the result: no space left' },
      facts: { path: 'x', errno: 'ENOSPC' },
    });
  });

  it('is the message of the system for a rare error', () => {
    const { message } = why(refusal('EUCLEAN', 'fsync')) as Error;
    expect(message).toBe('--output x: cannot write the result: EUCLEAN: refused, fsync');
  });

  it('is left unchanged if it is not a system error', () => {
    for (const error of [new ReaderGone(), new TypeError('bug')]) expect(why(error)).toBe(error);
  });
});
