import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Life } from '../e2e/support/life.js';
import type { StandaloneConfig } from './programs/standalone.js';

describe.each(['memory', 'better-sqlite3'])('a script with a scheduler on %s and no other handle', (kind) => {
  let folder: string;
  let life: Life | null = null;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'scheduler-'));
  });
  afterEach(async () => {
    await life?.end('SIGKILL');
    life = null;
    rmSync(folder, { recursive: true });
  });

  const run = (config: StandaloneConfig): Life => {
    const database = kind === 'memory' ? undefined : join(folder, 'jobs.sqlite');
    return (life = new Life('test/process/programs/standalone.ts', { database, ...config }));
  };

  it('stays up from one job to the next, and after the last', async () => {
    const child = run({ scenario: 'stays' });
    await child.tells('fired', {}, 2);
    expect(await child.end('SIGINT')).toEqual({ code: null, signal: 'SIGINT' });
    expect(child.errors).toBe('');
  });

  it('stays up without any job', async () => {
    const child = run({ scenario: 'idle' });
    await child.tells('stillHere');
    expect(child.told('beforeExit')).toEqual([]);
  });

  it('nothing of ours holds it after the shutdown', async () => {
    const child = run({ scenario: 'idle' });
    await child.tells('stillHere');
    child.signal('SIGUSR2');
    expect(await child.end()).toEqual({ code: 0, signal: null });
    expect(child.told('beforeExit')).toHaveLength(1);
    expect(child.errors).toBe('');
  });

  it('ends by itself after its last job with untilIdle() and shutdown()', async () => {
    const child = run({ scenario: 'ends' });
    expect(await child.end()).toEqual({ code: 0, signal: null });
    expect(child.told('fired')).toHaveLength(2);
    expect(child.told('state')).toEqual(['stopped']);
    expect(child.errors).toBe('');
  });

  it('ends at once with keepAlive: false, although a job has fires to come', async () => {
    const child = run({ scenario: 'unref', keepAlive: false });
    expect(await child.end()).toEqual({ code: 0, signal: null });
    expect(child.told('state')).toEqual(['running']);
    expect(child.told('fired')).toEqual([]);
    expect(child.errors).toBe('');
  });

  it('drains what runs when it shuts down on SIGTERM, and ends by itself then', async () => {
    const child = run({ scenario: 'drains', shutdownTimeout: 1_000_000 });
    await child.tells('working');
    child.signal('SIGTERM');
    await child.tells('state', 'stopping');
    expect(child.told('worked')).toEqual([]);
    child.say('go');
    expect(await child.end()).toEqual({ code: 0, signal: null });
    expect(child.told('worked')).toEqual([true]);
    expect(child.told('state')).toEqual(['stopping', 'stopped']);
    expect(child.errors).toBe('');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'P07 ends at once when %s comes while it drains, and by that signal',
    async (signal) => {
      const child = run({ scenario: 'drains', shutdownTimeout: 1_000_000 });
      await child.tells('working');
      child.signal('SIGTERM');
      await child.tells('state', 'stopping');
      expect(await child.end(signal)).toEqual({ code: null, signal });
      expect(child.told('worked')).toEqual([]);
    },
  );

  it('is not ended by subscribers and listeners that throw', async () => {
    const child = run({ scenario: 'subscribers' });
    expect(await child.end()).toEqual({ code: 0, signal: null });
    expect(child.told('fired')).toHaveLength(2);
    expect(child.errors).toBe('');
  });
});
