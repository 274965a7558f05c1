import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BENCH = import.meta.dirname;
const ROOT = join(BENCH, '..');

/** Installs what is missing and builds ours, so that the figures are those of the sources as they are. */
export function prepare() {
  if (!existsSync(join(ROOT, 'node_modules'))) npm(['ci'], ROOT);
  if (!hasAll(BENCH)) npm(['ci'], BENCH);
  npm(['run', '--silent', 'build'], ROOT);
}

function hasAll(folder) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.keys(dependencies).every((name) => existsSync(join(folder, 'node_modules', name)));
}

function npm(args, cwd) {
  execFileSync('npm', args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
}
