import { InspectError } from '../../errors.ts';

/** A step of a path: a member, an element of an array, or what a pointer points at. */
export type Step =
  | { readonly member: string }
  | { readonly index: number }
  /** `->`: the pointer that was reached is followed. */
  | 'follow';

const LONGEST = 1000;
const PIECE = /^(?:(\.|->)?([A-Za-z_]\w*)|\[(\d{1,9})\])/;

/** Takes `a.b[3]->c` apart. @throws InspectError usage, when it is no such path */
export function parseMemberPath(path: string): Step[] {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const [whole, joint, member, index] = PIECE.exec(rest) ?? [];
    const misplaced = index === undefined && (joint === undefined) !== (steps.length === 0) && joint !== '->';
    if (whole === undefined || misplaced || path.length > LONGEST) throw badPath(path);
    if (joint === '->') steps.push('follow');
    steps.push(member === undefined ? { index: Number(index) } : { member });
    rest = rest.slice(whole.length);
  }
  return steps;
}

function badPath(path: string): InspectError {
  return new InspectError('usage', `"${path.slice(0, 80)}" is no path to a member`, {
    hint: 'a path is made of names: a.b[3].c, and -> to follow a pointer',
  });
}
