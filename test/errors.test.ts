import { describe, expect, it } from 'vitest';
import { asMemoryError, type ErrorKind, InspectError, inFile, reasonOf, within } from '../src/errors.ts';

describe('a failure that a user can meet', () => {
  it('is an error with a kind, a sentence and its facts', () => {
    const error = new InspectError('corrupt', 'vmcore: ELF: no memory', { path: 'vmcore', offset: 56n });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('InspectError');
    expect([error.kind, error.message]).toEqual(['corrupt', 'vmcore: ELF: no memory']);
    expect(error.facts).toEqual({ path: 'vmcore', offset: 56n });
  });

  it('has no facts and no cause unless they are given', () => {
    const error = new InspectError('usage', 'one FILE is read at a time');
    expect(error.facts).toEqual({});
    expect('cause' in error).toBe(false);
  });

  it('keeps what caused it, for those who want to see it', () => {
    const cause = new Error('EIO');
    expect(new InspectError('io', 'cannot read', { cause }).cause).toBe(cause);
  });
});

describe('a failure within something', () => {
  const inner = new InspectError('notMapped', 'pmd 5 is empty', { address: 0x1000n, hint: 'look elsewhere' });

  it('has the context before its message, and keeps its kind and facts', () => {
    const outer = within('mem_section', inner);
    expect(outer).toBeInstanceOf(InspectError);
    expect(outer).toMatchObject({
      kind: 'notMapped',
      message: 'mem_section: pmd 5 is empty',
      facts: { address: 0x1000n, hint: 'look elsewhere' },
      cause: inner,
    });
  });

  it('grows to the left as it is passed up', () => {
    expect(within('vmcore', within('mem_section', inner))).toMatchObject({
      message: 'vmcore: mem_section: pmd 5 is empty',
    });
  });

  it('leaves a bug as it is', () => {
    const bug = new TypeError('x is undefined');
    expect(within('mem_section', bug)).toBe(bug);
  });
});

describe('a failure in a file', () => {
  it('names the file, in its message and among its facts', () => {
    const nameless = new InspectError('corrupt', 'ELF header at offset 0 needs 64 bytes', { offset: 0 });
    expect(inFile('vmcore', nameless)).toMatchObject({
      kind: 'corrupt',
      message: 'vmcore: ELF header at offset 0 needs 64 bytes',
      facts: { path: 'vmcore', offset: 0 },
      cause: nameless,
    });
  });

  it('names it once', () => {
    const named = new InspectError('io', 'vmcore: cannot read', { path: 'vmcore' });
    expect(inFile('vmcore', named)).toBe(named);
    expect(inFile('other', named)).toBe(named);
  });

  it('leaves a bug as it is', () => {
    const bug = new TypeError('x is undefined');
    expect(inFile('vmcore', bug)).toBe(bug);
  });
});

describe('the reason of a failure', () => {
  it('is its message, whatever its kind', () => {
    const kinds: ErrorKind[] = [
      'io',
      'unsupported',
      'corrupt',
      'notStored',
      'notMapped',
      'missingInfo',
      'usage',
    ];
    for (const kind of kinds)
      expect(reasonOf(new InspectError(kind, `of kind ${kind}`))).toBe(`of kind ${kind}`);
  });

  it('does not exist for a bug, which is thrown on', () => {
    const bug = new RangeError('a bug');
    expect(() => reasonOf(bug)).toThrow(bug);
  });
});

describe('memory that is short', () => {
  const thrown = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return error;
    }
  };
  const coded = (code: string) => Object.assign(new Error('refused'), { code });

  it.each<[string, unknown]>([
    ['a buffer for which V8 gets no memory', thrown(() => new ArrayBuffer(Number.MAX_SAFE_INTEGER))],
    ['a thread that Node.js cannot start', coded('ERR_WORKER_INIT_FAILED')],
    ['a thread whose heap is full', coded('ERR_WORKER_OUT_OF_MEMORY')],
  ])('is a memory error, with what to do: %s', (_, error) => {
    expect(asMemoryError(error)).toMatchObject({
      kind: 'memory',
      message: expect.stringMatching(/^there is not enough memory: ./),
      facts: { hint: expect.any(String), cause: error },
    });
  });

  it.each<[string, unknown]>([
    ['a string', thrown(() => 'x'.repeat(2 ** 30))],
    ['an array', thrown(() => new Uint8Array(2 ** 53))],
    ['a text of bytes', coded('ERR_STRING_TOO_LONG')],
  ])('is distinguished from what is too large for any memory: %s', (_, error) => {
    const { kind, message } = asMemoryError(error) as InspectError;
    expect([kind, message]).toEqual([
      'memory',
      expect.stringMatching(/^this is more than Node.js can hold in one piece: ./),
    ]);
  });

  it('names the file that is being read', () => {
    const error = thrown(() => new ArrayBuffer(Number.MAX_SAFE_INTEGER));
    expect(inFile('vmcore', error)).toMatchObject({
      kind: 'memory',
      message: 'vmcore: there is not enough memory: Array buffer allocation failed',
      facts: { path: 'vmcore' },
    });
  });

  it.each<[string, unknown]>([
    ['a range error of another kind', thrown(() => 'x'.repeat(-1))],
    ['a length below zero', thrown(() => new Uint8Array(-1))],
    ['a system error', coded('EIO')],
    ['a value that is not an error', 'Out of memory'],
  ])('is not seen in %s', (_, error) => {
    expect(asMemoryError(error)).toBe(error);
  });
});
