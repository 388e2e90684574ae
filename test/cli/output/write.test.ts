import type fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cannotWrite, ReaderGone, say, writeAll } from '../../../src/cli/output/write.ts';
import { refusal, replaceCalls } from '../../support/system-calls.ts';

const TEXT = 'a result of several bytes';

/**
 * Writes where each call is answered as given, by a number of bytes, the name of an error of the system or another error;
 * then all is taken. Returns what arrived.
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

  it('need no more where their reader has gone', () => {
    expect(() => writeWhere([3, 'EPIPE'])).toThrow(ReaderGone);
  });

  it('are an error where the system refuses them, or anything else goes wrong', () => {
    expect(() => writeWhere([3, 'ENOSPC'])).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(() => writeWhere([new TypeError('bug')])).toThrow(TypeError);
  });

  it('on stderr may find nobody to hear them', () => {
    expect(writeWhere(['EBADF'], () => say(TEXT))).toBe('');
  });
});

describe('why a result cannot be written', () => {
  const why = (error: unknown) => cannotWrite('--output x', 'x', error);

  it('is said in words, and has the name that the system gives it', () => {
    expect(why(refusal('ENOSPC', 'write'))).toMatchObject({
      ...{ kind: 'io', message: '--output x: cannot write the result: no space left' },
      facts: { path: 'x', errno: 'ENOSPC' },
    });
  });

  it('is the sentence of the system where that is seldom heard', () => {
    const { message } = why(refusal('EUCLEAN', 'fsync')) as Error;
    expect(message).toBe('--output x: cannot write the result: EUCLEAN: refused, fsync');
  });

  it('is left as it is where the system has nothing to do with it', () => {
    for (const error of [new ReaderGone(), new TypeError('bug')]) expect(why(error)).toBe(error);
  });
});
