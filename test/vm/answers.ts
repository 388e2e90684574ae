import type { AnswerName } from './questions.ts';

/** The answers of the guest that crashes; its capture kernel has one more. */
type CrashAnswer = AnswerName | 'vmcore';

/** The outcome of one command in the guest. */
export interface Answer {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The output of a guest's second serial port: a line NAME|STATUS|STDOUT|STDERR|SECONDS per question. */
export class Answers<Name extends string = CrashAnswer> {
  readonly #answers: ReadonlyMap<string, Answer>;

  constructor(text: string) {
    const lines = text.split(/\r?\n/).filter((line) => line !== '');
    this.#answers = new Map(lines.map((line) => parseLine(line.split('|'))));
  }

  /** The answer as it came, with any status. */
  answer(name: Name): Answer {
    const answer = this.#answers.get(name);
    if (answer === undefined) throw new Error(`the guest did not answer "${name}"`);
    return answer;
  }

  /** The output of a command that must have succeeded. */
  bytes(name: Name): Buffer {
    const { status, stdout, stderr } = this.answer(name);
    if (status !== 0) throw new Error(`"${name}" exited with ${status}: ${stderr}`);
    return stdout;
  }

  text(name: Name): string {
    return this.bytes(name).toString('utf8');
  }
}

function parseLine([name = '', status, stdout = '', stderr = '']: readonly string[]): [string, Answer] {
  const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');
  return [name, { status: Number(status), stdout: decode(stdout), stderr: decode(stderr).toString('utf8') }];
}
