import { type Profiler, Session } from 'node:inspector';

/** Which blocks of the bundle have run so far, as V8 counts them. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  get blocks(): number {
    return this.#seen.size;
  }

  /** Whether anything ran since the last call that had never run before. */
  isNew(): boolean {
    const before = this.#seen.size;
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (!error)
        for (const script of result) if (script.url.includes('kdump-inspect-fuzz')) this.#add(script);
    });
    return this.#seen.size > before;
  }

  #add({ functions }: Profiler.ScriptCoverage): void {
    for (const { ranges } of functions)
      for (const { startOffset, endOffset, count } of ranges)
        if (count > 0) this.#seen.add(`${startOffset} ${endOffset}`);
  }
}
