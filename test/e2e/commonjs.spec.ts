import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject } from 'vitest';
import { it } from './support/life.js';
import { runsOf } from './support/records.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What npm would install: the manifest, with the compiled `lib/` where it says it is. */
function installPackage(): void {
  const folder = inject('compiledFolder');
  const manifest = join(ROOT, 'package.json');
  const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string };
  const target = join(folder, 'node_modules', name);
  if (existsSync(target)) return;
  mkdirSync(target, { recursive: true });
  copyFileSync(manifest, join(target, 'package.json'));
  symlinkSync(join(folder, 'lib'), join(target, 'dist'), 'junction');
}

describe('a CommonJS application', () => {
  beforeAll(installPackage);

  it('requires the package and runs its jobs on SQLite, with one copy of everything', async ({ lives }) => {
    const life = lives.begin('commonjs/app.cts');
    expect(await life.end()).toEqual({ code: 0, signal: null });
    expect(life.errors).toBe('');
    expect(new Set(life.told('ran'))).toEqual(new Set(['tick', 'greeting']));
    // A slow machine may roll fires up before the first one runs.
    const [all] = life.told('runs') as [{ readonly state: string }[]];
    const runs = all.filter(({ state }) => state !== 'skipped');
    expect(runs).toHaveLength(2);
    expect(runs).toContainEqual({ jobId: 'greeting', state: 'succeeded', result: 'Hello, Ada' });
    expect(life.messages.at(-1)).toEqual({ isOneCopy: true, knowsErrors: true });
    const stored = runsOf(lives.database).map(({ state }) => state);
    expect(stored.filter((state) => state !== 'skipped')).toEqual(['succeeded', 'succeeded']);
  });
});
