import { expandFile, fixtureFiles } from '../../fixtures/expand.ts';

/** Unpacks every fixture once, before the first test. */
export async function setup(): Promise<void> {
  for (const file of fixtureFiles()) await expandFile(file);
}
