import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const BENCH = import.meta.dirname;
const ROOT = join(BENCH, '..');

/** Installs what is missing and builds ours, so that the figures are those of the sources as they are. */
export function prepare() {
  if (!existsSync(join(ROOT, 'node_modules'))) npm(['ci'], ROOT);
  if (!existsSync(join(BENCH, 'node_modules', 'toad-scheduler'))) npm(['ci'], BENCH);
  npm(['run', '--silent', 'build'], ROOT);
}

function npm(args, cwd) {
  execFileSync('npm', args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
}
