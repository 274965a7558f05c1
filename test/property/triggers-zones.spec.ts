import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const SEED = process.env.SWEEP_SEED ?? String(Date.now());
/** Of every sort: half an hour, at midnight, negative, by Ramadan, none at all, and far from Greenwich. */
const ZONES = [
  'Australia/Lord_Howe',
  'America/Havana',
  'Europe/Dublin',
  'Africa/Casablanca',
  'Asia/Tokyo',
  'Pacific/Chatham',
];

describe('P09 a sample of all zones, patterns and changes of clocks', { timeout: 180_000 }, () => {
  // `npm run sweep:zones` does the same for every zone.
  it.each(['Asia/Kathmandu', 'America/New_York'])('agrees with a scan of every minute, on a host in %s', (host) => {
    const args = ['--seed', SEED, '--patterns', '25', '--years', '2026-2028', '--host', host, '--fresh'];
    const lib = join(inject('compiledFolder'), 'lib');
    const script = join(ROOT, 'scripts', 'sweep-zones.mjs');
    const { stdout, status } = spawnSync(
      process.execPath,
      [script, ...args, '--zones', ZONES.join(','), '--lib', lib, '--no-progress'],
      { encoding: 'utf8' },
    );
    expect(stdout, `Repeat it with SWEEP_SEED=${SEED}`).toContain(`Seed ${SEED}`);
    expect(stdout).toMatch(new RegExp(`TZ=${host}: ${ZONES.length} zones, .* 0 differences`));
    expect(status).toBe(0);
  });
});
