import { describe, expect, it } from 'vitest';
import { refuseXenPv } from '../../../src/formats/kcore/xen-pv.ts';
import { failureOf } from '../../builders/failure.ts';

describe('/proc/kcore of a Xen domain', () => {
  it('is refused by name if it is a PV domain', () => {
    expect(failureOf(() => refuseXenPv('/proc/kcore', 'PV\n'))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('a Xen PV domain'),
      facts: { path: '/proc/kcore' },
    });
  });

  it.each(['HVM\n', 'PVH\n', ''])('is read if the guest type is %j', (type) => {
    expect(refuseXenPv('/proc/kcore', type)).toBeUndefined();
  });
});
