import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** The outcome of a run of the program. */
export interface Outcome {
  readonly args: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** The same as in src/report/escape.ts, except for the newlines that end lines. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/u;
/** Words that no number of a report may be. */
const NO_NUMBER = /.{0,60}\b(NaN|Infinity|undefined)\b.{0,40}/;
/** Options that turn on the program's own styles; without these, nothing of that kind may be left. */
const STYLED = ['--color'];
const LONG = 1 << 21;
const SHORTEST_SENTENCE = 10;

/** What is wrong with an outcome; empty if it keeps all promises. */
export function faultsOf(outcome: Outcome, schemas: string): string[] {
  const { args, status, stdout, stderr } = outcome;
  const said = stderr.replace(/^kdump-inspect: \d+\.\d ms.*\n/gm, '');
  const faults: string[] = [];
  if (status === 2 && args.includes('--part') && /split (dump|kdump)|not a part of one/.test(said)) return [];
  if (![0, 1, 3].includes(status)) faults.push(`the status is ${status}`);
  if (stderr.includes('internal error')) faults.push(stderr.slice(0, 2000));
  if (status === 1 && said.length < SHORTEST_SENTENCE && !isAnswer(outcome))
    faults.push('status 1 without a message');
  if (isUnsafe(outcome)) faults.push('a control character is on stdout');
  if (UNSAFE.test(stripped(stderr, outcome))) faults.push('a control character is on stderr');
  const wrong = NO_NUMBER.exec(stdout);
  if (wrong && args[0] !== 'symbols') faults.push(`stdout has ${wrong[0]}`);
  if (args.includes('--json')) faults.push(...messageFaults(outcome, said, schemas));
  if (args.includes('--json') && status !== 1) faults.push(...jsonFaults(outcome, schemas));
  else if (status === 3 && !saysIncomplete(outcome)) faults.push('status 3, but nothing says why');
  return faults;
}

/** Whether status 1 is an answer: `translate` may be asked about an address that is not mapped. */
function isAnswer({ args, stdout }: Outcome): boolean {
  return args[0] === 'translate' && stdout !== '';
}

/** With --json a failure is one object on stderr; otherwise there is nothing: warnings are in the document. */
function messageFaults({ status }: Outcome, said: string, schemas: string): string[] {
  const fails = status === 1 || status === 2;
  if (!fails) return said === '' ? [] : [`with --json stderr has ${said.slice(0, 200)}`];
  const error = parsed(said);
  if (error === undefined) return [`stderr is not JSON: ${said.slice(0, 200)}`];
  const validate = validator('error', schemas);
  return validate(error) ? [] : [`error schema: ${JSON.stringify(validate.errors?.slice(0, 3))}`];
}

/** Whether there is a warning; for `info` a value that is unknown, for `page` why it has no class. */
function saysIncomplete({ args, stdout, stderr }: Outcome): boolean {
  const plain = stripVTControlCharacters(stdout);
  if (/warning: .{10}/.test(stripVTControlCharacters(stderr))) return true;
  if (/warning: .{10}|"warnings": ?\[\s*".{10}/.test(plain)) return true;
  if (args[0] === 'info') return /^unknown {7}|"unavailable": \{\n/m.test(plain);
  return args[0] === 'page' && /because|"reason": ".{10}/.test(stdout);
}

function isVerbatim({ args }: Outcome): boolean {
  return args.includes('--raw') || args.includes('--get');
}

/** Verbatim output that was asked for may contain anything unless stdout is a terminal. */
function isUnsafe(outcome: Outcome): boolean {
  if (isVerbatim(outcome) && !outcome.terminal) return false;
  // makedumpfile --dump-dmesg prints blanks of all kinds unchanged.
  if (outcome.args[0] === 'symbols')
    return UNSAFE.test(stripped(outcome.stdout.replaceAll('\t[', ' ['), outcome));
  const text =
    outcome.args[0] === 'dmesg' && !outcome.terminal
      ? outcome.stdout.replace(/[\t\v\f\r]/g, ' ')
      : outcome.stdout;
  return UNSAFE.test(stripped(text, outcome));
}

function stripped(text: string, { args, terminal }: Outcome): string {
  return terminal || args.some((arg) => STYLED.includes(arg)) ? stripVTControlCharacters(text) : text;
}

const validators = new Map<string, ValidateFunction>();

function validator(command: string, schemas: string): ValidateFunction {
  const known = validators.get(command);
  if (known) return known;
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  const made = ajv.compile(JSON.parse(readFileSync(`${schemas}/${command}.json`, 'utf8')) as object);
  validators.set(command, made);
  return made;
}

function jsonFaults(outcome: Outcome, schemas: string): string[] {
  const { args, status, stdout } = outcome;
  const [command = ''] = args;
  if (stdout.length > LONG || isVerbatim(outcome)) return [];
  const faults: string[] = [];
  for (const text of command === 'dmesg' ? stdout.split('\n').filter((line) => line !== '') : [stdout]) {
    const document = parsed(text);
    if (document === undefined) return [`this is not JSON: ${text.slice(0, 200)}`];
    const validate = validator(command, schemas);
    if (!validate(document)) faults.push(`schema: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
    const { complete = status === 0, consistent = true } = document;
    if (command !== 'dmesg' && (complete && consistent) !== (status === 0))
      faults.push(`status ${status}, but complete is ${complete}, consistent ${consistent}`);
  }
  if (status === 3 && !saysIncomplete(outcome)) faults.push('status 3, but nothing says why');
  return faults.slice(0, 3);
}

function parsed(text: string): { readonly complete?: boolean; readonly consistent?: boolean } | undefined {
  try {
    return JSON.parse(text) as { readonly complete?: boolean; readonly consistent?: boolean };
  } catch {
    return undefined;
  }
}
