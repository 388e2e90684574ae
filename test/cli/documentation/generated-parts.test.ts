import { describe, expect, it } from 'vitest';
import { partsOf, withParts } from '../../../src/cli/documentation/generated-parts.ts';

const PAGE = `before
<!-- npm run readme writes: first -->
old
<!-- end -->
between
<!-- npm run readme writes: second -->
<!-- end -->
after <!-- npm run readme writes: third -->
`;

describe('generated parts of a page', () => {
  it('are found by their marks', () => {
    expect(partsOf(PAGE)).toEqual(['first', 'second']);
  });

  it('are all that is replaced', () => {
    const parts = new Map([
      ['first', 'one $& $1\n'],
      ['second', 'two\n'],
    ]);
    const written = withParts(PAGE, parts);
    expect(written).toBe(`before
<!-- npm run readme writes: first -->

one $& $1

<!-- end -->
between
<!-- npm run readme writes: second -->

two

<!-- end -->
after <!-- npm run readme writes: third -->
`);
    expect(withParts(written, parts)).toBe(written);
  });

  it('must be known', () => {
    expect(() => withParts(PAGE, new Map([['first', '']]))).toThrow('nothing is known of the part "second"');
  });
});
