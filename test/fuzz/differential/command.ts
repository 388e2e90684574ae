import { type DifferentialOptions, differential, replayChange } from './differential.ts';

export const DIFFERENTIAL_HELP = `
npm run fuzz -- --differential [options]
changes the contents of real dumps, and compares every figure with that of the undamaged dump
  --changes N      number of changes (default: 20000)
  --seed N, --jobs N, --replay SEED:INDEX as above
  --only TEXT      only kinds of structures whose names contain this: slab, BTF, page tables
  --dumps DIR      change the ELF dumps of a folder instead of the fixtures
  --form NAME      write the dumps as lime, avml, vm2core, virtualbox or vmware (see forms.ts)
                   instead of ELF
  --out DIR        folder for the state file: a JSON line per change, with its outcome
  --again FILE     only the faults in the state file of an earlier run
  --before FILE    compare with the state file from an older version of the program
  --resume FILE    continue the state file of an earlier run with the same seed
`;

type Given = Partial<
  Record<
    | 'changes'
    | 'seed'
    | 'jobs'
    | 'only'
    | 'dumps'
    | 'form'
    | 'replay'
    | 'out'
    | 'resume'
    | 'again'
    | 'before',
    string
  >
>;

/** Runs the differential mode, or one of its changes again. */
export async function differentialMode(given: Given, findings: string): Promise<number> {
  const [seed, index] = given.replay?.split(':') ?? [];
  const options: DifferentialOptions = {
    changes: Number(given.changes ?? 20_000),
    seed: Number(seed ?? given.seed ?? 1),
    jobs: Number(given.jobs ?? 1),
    only: given.only,
    dumps: given.dumps,
    form: given.form,
    out: given.out ?? findings,
    resume: given.resume,
    again: given.again,
    before: given.before,
  };
  return index === undefined ? await differential(options) : await replayChange(Number(index), options);
}
