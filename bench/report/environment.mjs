import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { dirname, join } from 'node:path';

const BENCH = join(import.meta.dirname, '..');

/**
 * Where and with what a run was made: figures mean nothing without it. Packages are looked for in `bench/`, and in the
 * folders that are given.
 */
export function describeEnvironment(packages, folders = []) {
  const [cpu] = os.cpus();
  return {
    machine: `${os.cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
    node: process.version,
    commit: describeCommit(),
    date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    versions: packages.map((name) => `${name} ${versionOf(name, [BENCH, ...folders])}`).join(', '),
  };
}

function describeCommit() {
  const git = (...args) => execFileSync('git', args, { cwd: BENCH, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '../lib', '.', ':!RESULTS*.md');
    return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}

/** Not every package exports its `package.json`, so it is looked for beside the file that is loaded. */
function versionOf(name, roots) {
  for (const folder of roots.flatMap((root) => createRequire(join(root, 'package.json')).resolve.paths(name) ?? [])) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version;
    } catch {
      continue;
    }
  }
  return `unknown (${dirname(name)})`;
}
