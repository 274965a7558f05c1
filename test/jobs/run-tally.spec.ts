import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurationHistogram } from '../../lib/jobs/duration-histogram.js';
import { NO_RUNS, RunTally, type EndedState } from '../../lib/jobs/run-tally.js';

const duration = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 30 * 86_400_000 }));

function histogramOf(lengths: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram();
  for (const ms of lengths) histogram.count(ms);
  return histogram;
}

describe('a histogram of durations', () => {
  it('tells percentiles within a tenth, and exactly below 8 ms', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (lengths, share) => {
          const exact = lengths.toSorted((one, other) => one - other)[Math.ceil(share * lengths.length) - 1] as number;
          const told = histogramOf(lengths).percentile(share) as number;
          if (exact < 8) expect(told).toBe(exact);
          else expect(Math.abs(told / exact - 1)).toBeLessThan(0.1);
        },
      ),
    );
  });

  it('tells nothing of none', () => {
    expect(new DurationHistogram().percentile(0.5)).toBeNull();
  });

  it('takes what a clock that stepped back says for nothing', () => {
    expect(histogramOf([-3]).percentile(1)).toBe(0);
  });

  it('is the same after it was kept, and added up of parts', () => {
    fc.assert(
      fc.property(fc.array(duration), fc.array(duration), (some, others) => {
        const sum = new DurationHistogram();
        for (const part of [some, others]) {
          const pairs = histogramOf(part).toPairs();
          sum.addPairs(pairs, 0, pairs.length);
        }
        for (const share of [0.05, 0.5, 0.95, 1]) {
          expect(sum.percentile(share)).toBe(histogramOf([...some, ...others]).percentile(share));
        }
      }),
    );
  });
});

describe('a tally', () => {
  const ended = (state: EndedState, more: object = {}) => ({
    state,
    count: null,
    availableAt: 1_000,
    startedAt: 1_004,
    finishedAt: 1_006,
    ...more,
  });

  it('counts by state, each fire of a roll-up', () => {
    const tally = new RunTally();
    for (const state of ['succeeded', 'succeeded', 'failed', 'cancelled', 'lost'] as const) tally.count(ended(state));
    tally.count(ended('missed', { count: 300, startedAt: null }));
    tally.count(ended('skipped', { startedAt: null }));
    expect(tally.counts).toEqual({ succeeded: 2, failed: 1, cancelled: 1, lost: 1, missed: 300, skipped: 1 });
  });

  it('does not count what has not ended', () => {
    const tally = new RunTally();
    tally.count({ ...ended('succeeded'), state: 'running', finishedAt: null });
    expect(tally.counts).toEqual(NO_RUNS);
  });

  it('knows how late a lost run was, but not how long it took', () => {
    const tally = new RunTally();
    tally.count(ended('lost'));
    expect([tally.lateness.percentile(1), tally.durations.percentile(1)]).toEqual([4, null]);
  });

  it('is the same after it was kept, also by a version that knew fewer states', () => {
    const tally = new RunTally();
    tally.count(ended('failed'));
    const again = new RunTally();
    again.add(tally.toNumbers());
    expect([again.counts, again.durations.percentile(1)]).toEqual([{ ...NO_RUNS, failed: 1 }, 2]);
    again.add([2, 7, 1, 0]);
    expect(again.counts).toEqual({ ...NO_RUNS, succeeded: 7, failed: 2 });
  });

  it.each([[[]], [[2, 7]], [[1, 7, 3, 5, 1]], [[1, 7, 0, 5]]])('adds nothing of what is no tally: %j', (numbers) => {
    const tally = new RunTally();
    tally.add(numbers);
    expect([tally.counts, tally.durations.percentile(1), tally.lateness.percentile(1)]).toEqual([NO_RUNS, null, null]);
  });
});
