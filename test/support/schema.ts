import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';

const SCHEMAS = fileURLToPath(new URL('../../dist/schemas/', import.meta.url));

/** What is wrong with a document by the schema of that command that ships with the package; empty when nothing is. */
export function violations(command: string, document: unknown): string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  const validate = ajv.compile(JSON.parse(readFileSync(`${SCHEMAS}${command}.json`, 'utf8')) as object);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
