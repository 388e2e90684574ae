import { describe, expect, test } from 'vitest';
import { readUtsname } from '../../../src/kernel/system/utsname.ts';
import { Vmcoreinfo } from '../../../src/kernel/vmcoreinfo/vmcoreinfo.ts';
import { ascii } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const FIELDS = ['Linux', 'web-1', '6.1.0-9', '#1 SMP', 'x86_64', 'example.org'];

/** A namespace with its name at `offset`, and a note that may say so. */
function namespaceAt(offset: number, note = '') {
  const built = new BuiltTypedKernel(null);
  FIELDS.forEach((text, i) => {
    built.write(offset + 65 * i, ascii(text));
  });
  const text = `OSRELEASE=6.1.0-9\nSYMBOL(init_uts_ns)=${built.at(0).toString(16)}\n${note}`;
  return { info: new Vmcoreinfo({ text, source: 'made-up' }), space: built.typed.space };
}

const NAME = {
  sysname: 'Linux',
  nodename: 'web-1',
  release: '6.1.0-9',
  version: '#1 SMP',
  machine: 'x86_64',
  domainname: 'example.org',
};

describe('the name of the system', () => {
  test.each([
    ['at the offset in the note', 12, 'OFFSET(uts_namespace.name)=12\n'],
    ['after a kref if the note has no offset', 4, ''],
    ['at the start if there is neither an offset nor a kref', 0, ''],
  ])('is read %s', (_, offset, note) => {
    expect(readUtsname(namespaceAt(offset, note))).toEqual(NAME);
  });

  test("is not believed if its release differs from the note's", () => {
    expect(failureOf(() => readUtsname(namespaceAt(16))).kind).toBe('corrupt');
    expect(failureOf(() => readUtsname(namespaceAt(4, 'OFFSET(uts_namespace.name)=0\n'))).kind).toBe(
      'corrupt',
    );
  });
});
