import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { cache, dist } from './cache.ts';
import { listed, withCaptureKernels } from './kernel-list.ts';

/** Fetches what the guests are made of, which takes no time if it is there. */
export default function setup(): void {
  if (!existsSync(path.join(dist, 'kdump-inspect.js')))
    throw new Error(`${dist} is not built: npm run build`);
  const asked = withCaptureKernels(listed()).map((kernel) =>
    [kernel.name, kernel.suite, kernel.package, kernel.config ?? ''].join(' '),
  );
  execFileSync(path.join(import.meta.dirname, 'setup.sh'), asked, {
    env: { ...process.env, KDUMP_INSPECT_VM: cache },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
