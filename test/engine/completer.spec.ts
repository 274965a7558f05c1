import { beforeEach, describe, expect, it } from 'vitest';
import { Completer } from '../../lib/engine/completer.js';
import type { RunRecord } from '../../lib/jobs/run-record.js';
import type { Completion, CompletionResult } from '../../lib/stores/job-store.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';

const CLEAN: CompletionResult = { fenced: [], retrying: [], cancelled: [], paused: [], finished: [] };

const idOf = ({ run }: Completion) => run.runId;
const outcome = (jobId: string, n = 1, overrides: Partial<Completion> = {}): Completion => ({
  run: { runId: `${jobId}@${n}`, jobId, fence: n, attempt: 1 } as RunRecord,
  state: 'succeeded',
  finishedAt: n,
  outcome: null,
  retryDelayMs: null,
  ...overrides,
});

describe('outcomes of runs that somebody has locked', () => {
  let clock: VirtualClock;
  let completer: Completer;
  /** Ids of the runs of each try to write. */
  let tries: string[][];
  let written: string[];
  let locked: Set<string>;
  let failures: unknown[];
  let worked: number;
  let lostRuns: Set<string>;
  let fault: Error | null;

  beforeEach(() => {
    clock = new VirtualClock();
    [tries, written, failures] = [[], [], []];
    [locked, lostRuns, worked, fault] = [new Set(), new Set(), 0, null];
    completer = new Completer({
      clock,
      keepAlive: false,
      maxBatch: 10,
      write: async (batch) => {
        tries.push(batch.map(idOf));
        if (fault) throw fault;
        const busy = batch.map(({ run }) => run).filter(({ jobId }) => locked.has(jobId));
        const fenced = batch.map(({ run }) => run).filter(({ runId }) => lostRuns.has(runId));
        return { ...CLEAN, fenced, ...(busy.length > 0 && { busy }) };
      },
      written: (batch) => written.push(...batch.map(idOf)),
      find: async () => null,
      worked: () => worked++,
      idle: () => undefined,
      failed: (error) => failures.push(error),
    });
  });

  const push = async (...completions: Completion[]) => {
    for (const completion of completions) completer.push(completion);
    await settle();
  };

  it('are tried at once and then often when the scheduler has to end soon', async () => {
    locked.add('x');
    await push(outcome('x'), outcome('y'));
    await clock.advance(10_000);
    completer.hurry();
    await settle();
    expect(tries.at(-1)).toEqual(['x@1']);
    const { length } = tries;
    await clock.advance(1_000);
    expect(tries.length).toBeGreaterThan(length + 8);
    locked.clear();
    await clock.advance(100);
    expect(written).toEqual(['y@1', 'x@1']);
    expect(completer.isIdle).toBe(true);
  });

  it('are tried again after pauses that grow to a second, and written once', async () => {
    locked.add('x');
    await push(outcome('x'));
    const at: number[] = [];
    for (let ms = 0; ms < 4_000; ms++) {
      const before = tries.length;
      await clock.advance(1);
      if (tries.length > before) at.push(clock.monotonic());
    }
    const pauses = at.slice(1).map((instant, i) => instant - at[i]!);
    expect(pauses[0]).toBeLessThanOrEqual(10);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(750);
    expect(at.length).toBeLessThan(15);
    expect([written, failures]).toEqual([[], []]);
    locked.clear();
    await clock.advance(1_000);
    expect(written).toEqual(['x@1']);
    const { length } = tries;
    await clock.advance(10_000);
    expect(tries).toHaveLength(length);
  });

  it('hold up none that come with them or later', async () => {
    locked.add('x');
    await push(outcome('a'), outcome('x'), outcome('b'));
    await push(outcome('c'));
    expect(written).toEqual(['a@1', 'b@1', 'c@1']);
    expect(completer.unwritten.map(idOf)).toEqual(['x@1']);
  });

  it('keep the order of their job: a later one of it waits behind them, untried', async () => {
    locked.add('x');
    await push(outcome('x', 1), outcome('x', 2));
    const { length } = tries;
    await push(outcome('x', 3));
    expect(tries).toHaveLength(length);
    locked.clear();
    await clock.advance(1_000);
    expect(written).toEqual(['x@1', 'x@2', 'x@3']);
  });

  it('take along one of their job that has ended while they were tried', async () => {
    locked.add('x');
    completer.push(outcome('x', 1));
    await Promise.resolve();
    completer.push(outcome('x', 2));
    completer.push(outcome('a'));
    await settle();
    expect(tries).toEqual([['x@1'], ['a@1']]);
    locked.clear();
    await clock.advance(1_000);
    expect(written).toEqual(['a@1', 'x@1', 'x@2']);
  });

  it('are waited for by whoever waits until all is written, though nothing goes on', async () => {
    locked.add('x');
    await push(outcome('x'));
    let isIdle = false;
    void completer.whenIdle().then(() => (isIdle = true));
    await clock.advance(3_000);
    expect([isIdle, completer.isIdle, completer.isAtRest]).toEqual([false, false, true]);
    locked.clear();
    await clock.advance(1_000);
    expect([isIdle, completer.isIdle]).toEqual([true, true]);
  });

  it('are given up with the rest, after which nobody tries or waits', async () => {
    locked.add('x');
    await push(outcome('x'));
    const idle = completer.whenIdle();
    completer.giveUp();
    await idle;
    const { length } = tries;
    await clock.advance(10_000);
    expect([tries.length, completer.unwritten]).toEqual([length, []]);
  });

  it('are answered as fenced when somebody else has taken their run meanwhile', async () => {
    locked.add('x');
    await push(outcome('x'));
    locked.clear();
    lostRuns.add('x@1');
    await clock.advance(1_000);
    expect([written, completer.isIdle]).toEqual([['x@1'], true]);
  });

  it('W05 do not keep a store that is back from counting as that', async () => {
    fault = new Error('away');
    await push(outcome('a'), outcome('x'));
    expect(failures).toHaveLength(1);
    fault = null;
    locked.add('x');
    await clock.advance(2_000);
    expect([written, worked > 0]).toEqual([['a@1'], true]);
    locked.clear();
    await clock.advance(1_000);
    expect(written).toEqual(['a@1', 'x@1']);
  });
});
