// Renews what is generated in README.md and the pages of .github/docs, and what their examples print:
// npm run readme.
import { writeFileSync } from 'node:fs';
import { withExamples } from './examples.ts';
import { PAGES, pathOf, textOf, withDeclarations } from './pages.ts';

for (const page of PAGES) {
  const before = textOf(page);
  const after = await withExamples(withDeclarations(before));
  if (after === before) continue;
  writeFileSync(pathOf(page), after);
  process.stdout.write(`${page} renewed\n`);
}
