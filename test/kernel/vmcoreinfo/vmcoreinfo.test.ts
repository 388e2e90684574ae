import { describe, expect, test } from 'vitest';
import { required, Vmcoreinfo } from '../../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { failureOf } from '../../builders/failure.ts';

const infoOf = (text: string) => new Vmcoreinfo({ text, source: 'test' });

describe('the lines of VMCOREINFO', () => {
  test('are all kept in order, including unknown ones', () => {
    const info = infoOf('OSRELEASE=6.1.0\nNOVEL(thing)=a=b\nPAGESIZE=4096\n');
    expect(info.keys()).toEqual(['OSRELEASE', 'NOVEL(thing)', 'PAGESIZE']);
    expect(info.get('NOVEL(thing)')).toBe('a=b');
  });

  test('do not include the last one when it is cut before its newline', () => {
    const info = infoOf('PAGESIZE=4096\nSYMBOL(_stext)=ffffffff81');
    expect(info.has('SYMBOL(_stext)')).toBe(false);
    expect(info.symbol('_stext')).toBeUndefined();
    expect(info.unterminated).toBe('SYMBOL(_stext)=ffffffff81');
  });

  test('are whole when the last one ends with a newline', () => {
    expect(infoOf('PAGESIZE=4096\n').unterminated).toBeNull();
  });

  test('may be absent', () => {
    const info = infoOf('');
    expect(info.keys()).toEqual([]);
    expect(info.unterminated).toBeNull();
  });

  test('count only the first time if a key occurs twice', () => {
    const info = infoOf('SIZE(page)=64\nSIZE(page)=56\n');
    expect(info.size('page')).toBe(64);
    expect(info.keys()).toEqual(['SIZE(page)']);
  });

  test('without a key are odd', () => {
    const info = infoOf('no equals sign\n=no key\n\nA=\n');
    expect(info.odd).toEqual(['no equals sign', '=no key']);
    expect(info.get('A')).toBe('');
  });
});

describe('the values of VMCOREINFO', () => {
  test('SYMBOL is hex without 0x', () => {
    expect(infoOf('SYMBOL(_stext)=ffffffff81000000\n').symbol('_stext')).toBe(0xffff_ffff_8100_0000n);
  });

  test('a SYMBOL of decimal digits is hex, too', () => {
    expect(infoOf('SYMBOL(x)=10\n').symbol('x')).toBe(16n);
  });

  test('NUMBER(VMALLOC_START) may be written with 0x', () => {
    const info = infoOf('NUMBER(VMALLOC_START)=0xffffc90000000000\n');
    expect(info.hex('NUMBER(VMALLOC_START)')).toBe(0xffff_c900_0000_0000n);
  });

  test('numbers may be negative', () => {
    const info = infoOf('NUMBER(phys_base)=-469762048\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n');
    expect(info.number('phys_base')).toBe(-469762048);
    expect(info.number('PAGE_BUDDY_MAPCOUNT_VALUE')).toBe(-129);
  });

  test('each kind of number has its own keys', () => {
    const info = infoOf('NUMBER(x)=1\nOFFSET(x)=2\nSIZE(x)=3\nLENGTH(x)=4\n');
    expect([info.number('x'), info.offset('x'), info.size('x'), info.length('x')]).toEqual([1, 2, 3, 4]);
  });

  test('an absent one is undefined', () => {
    const info = infoOf('A=1\n');
    expect(info.number('x')).toBeUndefined();
    expect(info.symbol('x')).toBeUndefined();
  });

  test.each(['', 'abc', '12 34', '1.5', '0x', '1e3', '99999999999999999999', '9007199254740993'])(
    'a number that is "%s" is corrupt',
    (text) => {
      const failure = failureOf(() => infoOf(`NUMBER(PG_lru)=${text}\n`).number('PG_lru'));
      expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'NUMBER(PG_lru)' } });
    },
  );

  test.each(['OFFSET(x)=-1', 'SIZE(x)=0', 'SIZE(x)=-64', 'LENGTH(x)=0', 'LENGTH(x)=-1'])(
    '%s is impossible',
    (line) => {
      const info = infoOf(`${line}\n`);
      const key = line.slice(0, line.indexOf('='));
      const ask = { OFFSET: 'offset', SIZE: 'size', LENGTH: 'length' } as const;
      const failure = failureOf(() => info[ask[key.slice(0, -3) as keyof typeof ask]]('x'));
      expect(failure).toMatchObject({ kind: 'corrupt', facts: { key } });
    },
  );

  test.each(['', 'xyz', '-1', 'ffffffff810000000', '0x'])('an address that is "%s" is corrupt', (text) => {
    const failure = failureOf(() => infoOf(`SYMBOL(_stext)=${text}\n`).symbol('_stext'));
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { key: 'SYMBOL(_stext)' } });
  });

  test('a malformed line that is not used does no harm', () => {
    const info = infoOf('NUMBER(novel)=what\nSIZE(page)=64\n');
    expect(info.size('page')).toBe(64);
    expect(info.get('NUMBER(novel)')).toBe('what');
  });

  test('a hostile, long value is cut in the message', () => {
    const failure = failureOf(() => infoOf(`SIZE(page)=${'9'.repeat(5000)}\n`).size('page'));
    expect(failure.message.length).toBeLessThan(200);
  });
});

describe('a required value', () => {
  test('is returned when it is there, even if it is 0', () => {
    expect(required(0, 'NUMBER(phys_base)', 'nothing')).toBe(0);
  });

  test('is missing information, with its key and what it affects', () => {
    const failure = failureOf(() => required(undefined, 'SIZE(page)', 'no page can be classified'));
    expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key: 'SIZE(page)' } });
    expect(failure.message).toContain('no page can be classified');
    expect(failure.facts.hint).toContain('--vmcoreinfo');
  });
});

describe('a line in a report', () => {
  test.each([
    ['SYMBOL(_stext)', 'ffffffff8100000A', '0xffffffff8100000a'],
    ['KERNELOFFSET', '1e000000', '0x1e000000'],
    ['NUMBER(phys_base)', '-469762048', -469762048],
    ['OFFSET(page.flags)', '0', 0],
    ['CRASHTIME', '1764000000', 1764000000],
    ['PAGESIZE', '4096', 4096],
    ['NUMBER(VMALLOC_START)', '0xffffc90000000000', '0xffffc90000000000'],
    ['NUMBER(big)', '9007199254740993', '9007199254740993'],
    ['OSRELEASE', '6.1.0', '6.1.0'],
    ['BUILD-ID', '0123456789', '0123456789'],
    ['SYMBOL(bad)', 'not hex', 'not hex'],
    ['SIZE(bad)', 'sixty', 'sixty'],
  ] as const)('%s=%s', (key, text, expected) => {
    expect(infoOf(`${key}=${text}\n`).presented(key)).toBe(expected);
  });

  test.each([
    ['1764000000', 1764000000, 0],
    ['0', 0, 0],
    ['-606076928', undefined, 1],
    ['17640000000000', undefined, 1],
    ['soon', undefined, 1],
  ])('has a crash time only if it is plausible: %s', (text, time, doubts) => {
    const info = new Vmcoreinfo({ text: `CRASHTIME=${text}\n`, source: 'test' });
    expect([info.crashTime, info.doubts.length]).toEqual([time, doubts]);
  });
});
