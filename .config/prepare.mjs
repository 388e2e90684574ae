// Builds dist/ in a clone: npm runs it after `npm ci`, before `npm pack`, and for `npm install --global .`,
// which installs no package of its own accord. It must run without any package.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// What the outer npm was asked for is not for the inner ones.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_config_(global|location|omit|prefix)$/i.test(name)),
);

function npm(...args) {
  const { status } = spawnSync('npm', args, { env, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

if (!existsSync('node_modules/tsx')) npm('ci', '--include=dev', '--ignore-scripts', '--silent');
npm('run', 'build', '--silent');
