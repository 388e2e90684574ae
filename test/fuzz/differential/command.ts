import { type DifferentialOptions, differential, replayChange } from './differential.ts';

export const DIFFERENTIAL_HELP = `
npm run fuzz -- --differential [options]
changes the contents of real dumps, and holds every figure against that of the undamaged dump
  --changes N      how many changes (default: 20000)
  --seed N, --jobs N, --replay SEED:INDEX as above
  --only TEXT      kinds of structures whose names have this in them: slab, BTF, page tables
  --dumps DIR      change the ELF dumps of a folder instead of the fixtures
  --out DIR        where the state file goes: a JSON line for each change, and what came of it
  --again FILE     only the faults that the state file of an earlier run has
  --before FILE    compare with the state file of an older program's run
  --resume FILE    go on with the state file of an earlier run with the same seed
`;

type Given = Partial<
  Record<
    'changes' | 'seed' | 'jobs' | 'only' | 'dumps' | 'replay' | 'out' | 'resume' | 'again' | 'before',
    string
  >
>;

/** The differential mode, or one change of it again. */
export async function differentialMode(given: Given, findings: string): Promise<number> {
  const [seed, index] = given.replay?.split(':') ?? [];
  const options: DifferentialOptions = {
    changes: Number(given.changes ?? 20_000),
    seed: Number(seed ?? given.seed ?? 1),
    jobs: Number(given.jobs ?? 1),
    only: given.only,
    dumps: given.dumps,
    out: given.out ?? findings,
    resume: given.resume,
    again: given.again,
    before: given.before,
  };
  return index === undefined ? await differential(options) : await replayChange(Number(index), options);
}
