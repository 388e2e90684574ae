import type { Said } from './protocol.ts';

type Done = Extract<Said, { done: number }>;

/** The results of all inputs so far. */
export class Summary {
  readonly findings: string[] = [];
  readonly #statuses = new Map<number, number>();
  readonly #start = Date.now();
  #inputs = 0;
  #runs = 0;
  #slowest = 0;
  #slowestAt = -1;
  #rss = 0;
  #covered = '';

  add({ done, statuses, slowest, rss, covered }: Done): void {
    if (covered) this.#covered = `, ${covered[0]} blocks covered, ${covered[1]} inputs kept`;
    this.#inputs++;
    this.#runs += statuses.length;
    for (const status of statuses) this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (slowest > this.#slowest) {
      this.#slowest = slowest;
      this.#slowestAt = done;
    }
    this.#rss = Math.max(this.#rss, rss);
  }

  find(text: string, path?: string): void {
    this.findings.push(path === undefined ? text : `${text}\n  ${path}`);
    process.stderr.write(`FINDING ${this.findings.at(-1)}\n`);
  }

  line(): string {
    const statuses = [...this.#statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${count} of ${status}`);
    const seconds = (Date.now() - this.#start) / 1000;
    return (
      `${this.#inputs} inputs, ${this.#runs} runs, status ${statuses.join(', ')}; slowest ${Math.round(this.#slowest)} ms ` +
      `(input ${this.#slowestAt}), peak memory ${Math.round(this.#rss / 1024)} MiB, ${Math.round(seconds)} s, ${this.findings.length} findings${this.#covered}`
    );
  }
}
