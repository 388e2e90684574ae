import { InspectError } from '../../errors.ts';

/** A step of a path: to a member, to an array element, or through a pointer. */
export type Step =
  | { readonly member: string }
  | { readonly index: number }
  /** `->`: follows the pointer reached so far. */
  | 'follow';

const LONGEST = 1000;
const PIECE = /^(?:(\.|->)?([A-Za-z_]\w*)|\[(\d{1,9})\])/;

/** Parses `a.b[3]->c`. @throws InspectError usage if the path is malformed */
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
  return new InspectError('usage', `"${path.slice(0, 80)}" is not a path to a member`, {
    hint: 'a path has names, as in a.b[3].c, and -> to follow a pointer',
  });
}
