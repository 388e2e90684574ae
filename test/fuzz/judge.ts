import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** What a run of the program left. */
export interface Outcome {
  readonly args: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** As src/report/escape.ts says, but for the newlines that make lines. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/u;
const STYLE = /\x1b\[\d+m/g;
const LONG = 1 << 21;

/** What is wrong with an outcome; empty when it keeps what is promised. */
export function faultsOf(outcome: Outcome, schemas: string): string[] {
  const { args, status, stdout, stderr } = outcome;
  const faults: string[] = [];
  if (![0, 1, 3].includes(status)) faults.push(`the status is ${status}`);
  if (stderr.includes('internal error')) faults.push(firstLine(stderr));
  if (status === 1 && sentence(stderr) === '' && stdout === '') faults.push('status 1 without a sentence');
  if (status === 1 && args[0] !== 'translate' && sentence(stderr).length < 10)
    faults.push('status 1 without a sentence on stderr');
  if (isUnsafe(outcome)) faults.push('a control character is printed on stdout');
  if (UNSAFE.test(stderr.replace(STYLE, ''))) faults.push('a control character is printed on stderr');
  if (stdout.includes('NaN') || stdout.includes('Infinity') || stdout.includes('undefined'))
    faults.push(`stdout has ${/.{0,60}(NaN|Infinity|undefined).{0,40}/.exec(stdout)?.[0]}`);
  if (args.includes('--json') && status !== 1) faults.push(...jsonFaults(outcome, schemas));
  else if (status === 3 && !/warning/.test(stderr)) faults.push('status 3 without a warning');
  return faults;
}

const firstLine = (text: string) => text.slice(0, 2000);

function sentence(stderr: string): string {
  return stderr.replace(/^kdump-inspect: \d.*\n/gm, '');
}

/** What a script asks for verbatim is its own matter where stdout is no terminal. */
function isUnsafe({ args, stdout, terminal }: Outcome): boolean {
  const verbatim = args.includes('--raw') || args.includes('--get');
  if (verbatim && !terminal) return false;
  return UNSAFE.test(args.includes('--color') || terminal ? stdout.replace(STYLE, '') : stdout);
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

interface Document {
  readonly complete?: boolean;
  readonly warnings?: readonly string[];
}

function jsonFaults(
  { args: [command = '', ...args], status, stdout, stderr }: Outcome,
  schemas: string,
): string[] {
  if (
    stdout.length > LONG ||
    (command === 'vmcoreinfo' && (args.includes('--raw') || args.includes('--get')))
  )
    return [];
  const validate = validator(command, schemas);
  const texts =
    command === 'dmesg'
      ? stdout
          .trimEnd()
          .split('\n')
          .filter((line) => line !== '')
      : [stdout];
  const faults: string[] = [];
  for (const text of texts) {
    let document: Document;
    try {
      document = JSON.parse(text) as Document;
    } catch (error) {
      return [`no JSON: ${String(error)}`];
    }
    if (!validate(document))
      faults.push(
        `schema ${command}: ${validate.errors
          ?.map((e) => `${e.instancePath} ${e.message}`)
          .slice(0, 3)
          .join('; ')}`,
      );
    if (command === 'dmesg') continue;
    if (status === 3 && 'complete' in document && document.complete !== false)
      faults.push('status 3, and complete is not false');
    if (status === 0 && document.complete === false) faults.push('status 0, and complete is false');
    if (status === 3 && (document.warnings ?? []).length === 0 && !/warning/.test(stderr))
      faults.push('status 3 without a warning');
  }
  return faults.slice(0, 3);
}
