/** CHANGELOG.md in the form of Debian's changelogs (Debian policy, 4.4). */

/** A release: its heading `## 0.4.0 (2026-11-27)`, and all up to the next one. */
const RELEASE =
  /^## (?<version>[\d.]+) \((?<date>\d{4}-\d{2}-\d{2})\)\n(?<body>[\s\S]*?)(?=^## |(?![\s\S]))/gm;
const WIDTH = 80;

export interface Release {
  readonly version: string;
  /** The day, at midnight UTC. */
  readonly date: Date;
  /** Markdown: paragraphs, and lists of changes. */
  readonly body: string;
}

/** All releases, newest first, without what is not released yet. */
export function releasesOf(changelog: string): Release[] {
  return Array.from(changelog.matchAll(RELEASE), ({ groups = {} }) => {
    const { version = '', date = '', body = '' } = groups;
    return { version, date: new Date(`${date}T00:00:00Z`), body };
  });
}

export function debianChangelog(releases: readonly Release[], maintainer: string): string {
  const entries = releases.map(({ version, date, body }) => {
    const changes = paragraphsOf(body).map(changeText).join('\n').replace(/^\n/, '');
    const signed = ` -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}`;
    return `kdump-inspect (${version}) unstable; urgency=medium\n\n${changes}\n\n${signed}\n`;
  });
  return entries.join('\n');
}

/** Each item of a list, and each other paragraph, in one line. */
function paragraphsOf(body: string): string[] {
  const starts = body.replaceAll(/\n(?=- )/g, '\n\n').split(/\n{2,}/);
  return starts.map((text) => text.replaceAll(/\s+/g, ' ').trim()).filter((text) => text !== '');
}

/** An item as a change, and a paragraph above a list as its title. */
function changeText(paragraph: string): string {
  if (paragraph.startsWith('- ')) return wrapped(`  * ${paragraph.slice(2)}`);
  return paragraph.endsWith(':') ? `\n  [ ${paragraph.slice(0, -1)} ]` : wrapped(`  * ${paragraph}`);
}

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.slice(2).split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + 3 > WIDTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `  ${line}`).join('\n');
}
