import { describe, expect, it } from 'vitest';
import { failuresAfter, pauseForFailures } from '../../lib/jobs/failures.js';
import { pauseJob, resumeJob } from '../../lib/jobs/job-changes.js';
import type { JobOverrides } from '../support/store-fixtures.js';
import { aJob, aPolicy, HOUR } from '../support/store-fixtures.js';

const NOW = Date.UTC(2030, 0, 1);

const job = (overrides: Partial<JobOverrides> = {}) =>
  aJob({ id: 'a', policy: aPolicy({ pauseAfterFailures: 3 }), ...overrides }, NOW);

describe('the failures of a job in a row', () => {
  it.each([
    ['failed', 3],
    ['lost', 3],
    ['succeeded', 0],
    ['cancelled', 2],
  ] as const)('after a run that has %s are %i', (state, failures) => {
    expect(failuresAfter({ gen: 5, failures: 2 }, { gen: 5, state })).toBe(failures);
  });

  it.each(['failed', 'lost', 'succeeded'] as const)('stay what they are after an old run: %s', (state) => {
    expect(failuresAfter({ gen: 5, failures: 2 }, { gen: 4, state })).toBe(2);
  });
});

describe('a job pauses itself', () => {
  it('when the failure was one too many, by a change of its own', () => {
    const stored = job({ failures: 3 });
    const paused = pauseForFailures(stored, NOW + HOUR, false);
    expect(paused).toEqual({
      ...stored,
      state: 'paused',
      pauseReason: 'failures',
      gen: NOW + HOUR,
      updatedAt: NOW + HOUR,
    });
  });

  it('and raises gen, even when the clock stands still', () => {
    expect(pauseForFailures(job({ failures: 4 }), NOW, false)?.gen).toBe(NOW + 1);
  });

  it.each([
    ['with fewer failures', { failures: 2 }],
    ['without the option', { failures: 9, policy: aPolicy() }],
    ['when it is paused', { failures: 9, state: 'paused' }],
    ['when it is over', { failures: 9, state: 'finished' }],
  ] as const)('not %s', (_when, overrides) => {
    expect(pauseForFailures(job(overrides), NOW, false)).toBeNull();
  });

  it('when it has no fire left, but a run', () => {
    expect(pauseForFailures(job({ failures: 3, state: 'finished' }), NOW, true)).toMatchObject({ state: 'paused' });
  });

  it('and forgets its failures when it is resumed, as after a pause by a call', () => {
    for (const pauseReason of ['failures', 'manual'] as const) {
      const resumed = resumeJob(job({ state: 'paused', pauseReason, failures: 3 }), NOW, false);
      expect(resumed).toMatchObject({ state: 'active', pauseReason: null, failures: 0 });
    }
  });

  it('and is not paused a second time by a call', () => {
    expect(pauseJob(job({ state: 'paused', pauseReason: 'failures' }), NOW, true)).toBeNull();
    expect(pauseJob(job(), NOW, true)).toMatchObject({ pauseReason: 'manual' });
  });
});
