import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CHANGELOG = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

interface Release {
  readonly version: string;
  readonly date: string;
}

const headings = [...CHANGELOG.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
const releases = headings
  .filter((heading) => heading !== 'Unreleased')
  .map((heading): Release => {
    const [, release = '', date = ''] = /^(\d+\.\d+\.\d+) \((\d{4}-\d{2}-\d{2})\)$/.exec(heading) ?? [];
    return { version: release, date };
  });

/** A version as a number that grows with it. */
const rank = (text: string) => text.split('.').reduce((sum, part) => 1000 * sum + Number(part), 0);

describe('CHANGELOG.md', () => {
  it('has a version and a date for each release', () => {
    for (const { date } of releases) expect(new Date(date).toISOString().slice(0, 10)).toBe(date);
    expect(releases.map((release) => `${release.version} (${release.date})`)).toEqual(
      headings.filter((heading) => heading !== 'Unreleased'),
    );
  });

  it('has the newest release first, after what is not released yet', () => {
    const ranks = releases.map((release) => rank(release.version));
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
    expect(new Set(ranks).size).toBe(ranks.length);
    expect(headings.lastIndexOf('Unreleased')).toBeLessThan(1);
  });

  it('starts with the version of the package', () => {
    expect(releases[0]?.version).toBe(version);
  });
});
