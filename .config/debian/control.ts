import { createHash } from 'node:crypto';
import type { PackagedFile } from './files.ts';

export const MAINTAINER = 'The kdump-inspect authors <maintainers@kdump-inspect.invalid>';
/** The same releases as "engines" in package.json. */
const NODE = 'nodejs (>= 20.19), nodejs (<< 21) | nodejs (>= 22.12)';

interface Manifest {
  readonly version: string;
  readonly description: string;
}

/** The file `control`. @param files what the package installs */
export function controlFile({ version, description }: Manifest, files: readonly PackagedFile[]): string {
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content ?? ''), 0);
  return `Package: kdump-inspect
Version: ${version}
Architecture: all
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: ${NODE}
Section: utils
Priority: optional
Description: inspector of the memory in Linux crash dumps
 ${description}.
 .
 It needs no debuginfo and no vmlinux, and checks its figures against the
 kernel's own.
`.replace(/^ .{80,}$/gm, wrapped);
}

/** A long line of a description as several. */
function wrapped(line: string): string {
  return line.replace(/(.{1,78})( |$)/g, '$1\n ').trimEnd();
}

/** The file `md5sums`, by which `dpkg --verify` finds changed files. */
export function md5sums(files: readonly PackagedFile[]): string {
  const lines = files.flatMap(({ path, content }) =>
    content === undefined ? [] : [`${createHash('md5').update(content).digest('hex')}  ${path}\n`],
  );
  return lines.join('');
}
