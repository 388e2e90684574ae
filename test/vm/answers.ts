import type { AnswerName } from './questions.ts';

/** What one command of the guest gave. */
export interface Answer {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What a guest wrote to its second serial port: a line NAME|STATUS|STDOUT|STDERR for each question, and one for the vmcore. */
export class Answers {
  readonly #answers: ReadonlyMap<string, Answer>;

  constructor(text: string) {
    const lines = text.split(/\r?\n/).filter((line) => line !== '');
    this.#answers = new Map(lines.map((line) => parseLine(line.split('|'))));
  }

  /** The answer as it came, whatever the status. */
  answer(name: AnswerName | 'vmcore'): Answer {
    const answer = this.#answers.get(name);
    if (answer === undefined) throw new Error(`the guest did not answer "${name}"`);
    return answer;
  }

  /** The output of a command that has to have succeeded. */
  bytes(name: AnswerName | 'vmcore'): Buffer {
    const { status, stdout, stderr } = this.answer(name);
    if (status !== 0) throw new Error(`"${name}" exited with ${status}: ${stderr}`);
    return stdout;
  }

  text(name: AnswerName | 'vmcore'): string {
    return this.bytes(name).toString('utf8');
  }
}

function parseLine([name = '', status, stdout = '', stderr = '']: readonly string[]): [string, Answer] {
  const decode = (base64: string): Buffer => Buffer.from(base64, 'base64');
  return [name, { status: Number(status), stdout: decode(stdout), stderr: decode(stderr).toString('utf8') }];
}
