import { expandFixture, fixtureNames } from '../../fixtures/expand.ts';

/** Unpacks every fixture once, before the first test. */
export async function setup(): Promise<void> {
  for (const name of fixtureNames()) await expandFixture(name);
}
