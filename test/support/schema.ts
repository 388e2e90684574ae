import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const SCHEMAS = fileURLToPath(new URL('../../dist/schemas/', import.meta.url));

/**
 * Validators by command, because compiling a schema takes longer than the runs of the program that it checks.
 */
const compiled = new Map<string, ValidateFunction>();

function validatorOf(command: string): ValidateFunction {
  const known = compiled.get(command);
  if (known) return known;
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  const validate = ajv.compile(JSON.parse(readFileSync(`${SCHEMAS}${command}.json`, 'utf8')) as object);
  compiled.set(command, validate);
  return validate;
}

/** Violations of the schema that ships with the package for that command; empty if there are none. */
export function violations(command: string, document: unknown): string[] {
  const validate = validatorOf(command);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
