import { setImmediate } from 'node:timers';
import { expect, it } from 'vitest';
import type { JobStore, JobStoreSession, StoreContext } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { at } from '../../lib/triggers/at.js';
import { harnesses } from './job-api/harnesses.js';

const { create } = harnesses();

/** Answers at once, as SQLite does, that there are many more runs to prune, so many times. */
class FullStore implements JobStore {
  readonly kind = 'full';
  readonly calledInTurns: number[] = [];
  readonly #turn: () => number;

  constructor(turn: () => number) {
    this.#turn = turn;
  }

  async open(context: StoreContext): Promise<JobStoreSession> {
    const session = await new MemoryJobStore().open(context);
    session.pruneRuns = async (_, limit) => {
      this.calledInTurns.push(this.#turn());
      return this.calledInTurns.length < 20 ? limit : 0;
    };
    return session;
  }
}

it('P25 pruning lets everything else of its process have its turn after each batch', async () => {
  let turn = 0;
  let isOver = false;
  const count = (): void => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  count();
  const store = new FullStore(() => turn);
  const harness = create({ store });
  await harness.scheduler.start();
  while (store.calledInTurns.length < 20) await harness.clock.advance(3_600_000);
  isOver = true;
  expect(new Set(store.calledInTurns).size).toBe(20);
});

it.each([
  ['a minute', { seconds: 3 }, 63],
  ['a 60th of the age', { hours: 10 }, 36_600],
  ['an hour', { days: 7 }, 608_400],
])('P25 a run in memory outlives maxAge by %s at most', async (_name, maxAge, seconds) => {
  const { service, clock, scheduler } = create({ historyRetention: { maxAge } });
  service.registerTask('work', () => undefined);
  await scheduler.start();
  await service.addJob({ id: 'a', task: 'work', trigger: at('2030-01-01T00:00:00Z') });
  await clock.advance(0);
  expect((await service.getRuns()).runs).toHaveLength(1);
  await clock.advance(seconds * 1_000);
  expect((await service.getRuns()).runs).toEqual([]);
});
