import { describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/clock.js';
import { InvalidOptionError } from '../../lib/engine/engine-errors.js';
import { InvalidJobOptionError } from '../../lib/jobs/job-errors.js';
import type { JobStoreSession } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { describeJobStore, type OpenStore } from '../../lib/testing/stores/describe-job-store.js';
import { RecordedFramework } from './recorded-framework.js';

type Mistake = (session: JobStoreSession) => Partial<JobStoreSession>;

const openMemory = (clock: Clock): Promise<JobStoreSession> =>
  new MemoryJobStore().open({ alias: 'default', clock, keepAlive: false, onChange: () => {} });

/** A store in memory, with a mistake in some of its methods. */
function opening(mistake: Mistake = () => ({})): OpenStore {
  return async (clock) => {
    const inner = await openMemory(clock);
    const wrong = mistake(inner);
    const session = new Proxy(inner, {
      get: (target, name: keyof JobStoreSession) => {
        const value: unknown = Object.hasOwn(wrong, name) ? wrong[name] : target[name];
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    return { session, dispose: () => inner.close() };
  };
}

async function failuresOf(open: OpenStore, isShared = false): Promise<string[]> {
  const recorded = new RecordedFramework();
  describeJobStore('under test', open, recorded, { isShared });
  return recorded.failures();
}

const MISTAKES: readonly (readonly [what: string, test: string, mistake: Mistake])[] = [
  [
    'claims a job that has changed since',
    'when gen has risen since',
    (session) => ({
      claim: async (node, entries) => {
        const current = entries.map(async (entry) => ({ ...entry, ...pick(await session.getJob(entry.jobId)) }));
        return session.claim(node, await Promise.all(current));
      },
    }),
  ],
  [
    'says nothing of an outcome that it refuses',
    'G4 P23 answers a run that was completed before as fenced, and leaves it as it is',
    (session) => ({ complete: async (batch) => ({ ...(await session.complete(batch)), fenced: [] }) }),
  ],
  ['forgets queued runs', 'makes a run running, under a fence of its own', () => ({ takeQueued: async () => [] })],
  [
    'tells fractions of a millisecond',
    'tells the time of its own clock in whole milliseconds',
    (session) => ({ now: async () => (await session.now()) + 0.5 }),
  ],
  ['says that others share it', 'says whether other processes may share its jobs', () => ({ isShared: true })],
];

function pick(job: { readonly gen: number; readonly fence: number } | null): object {
  return job ? { gen: job.gen, fence: job.fence } : {};
}

describe('describeJobStore', () => {
  it('passes a store that keeps the rules', async () => {
    expect(await failuresOf(opening())).toEqual([]);
  });

  it.each(MISTAKES)('finds a store that %s', async (_, test, mistake) => {
    expect(await failuresOf(opening(mistake))).toContain(test);
  });

  it('finds a shared store whose sessions know nothing of each other', async () => {
    const apart: OpenStore = async (clock) => {
      const [session, other] = [await openMemory(clock), await openMemory(clock)];
      return {
        session,
        another: async () => other,
        dispose: async () => {
          await session.close();
          await other.close();
        },
      };
    };
    expect(await failuresOf(apart, true)).toContain('see the same jobs, runs and nodes');
  });

  it('refuses what it could not run with', () => {
    const recorded = new RecordedFramework();
    const open = opening();
    const traits = { isShared: false };
    expect(() => describeJobStore('x', openMemory({} as Clock) as never, recorded, traits)).toThrow(InvalidOptionError);
    expect(() => describeJobStore('x', open, { describe, it } as never, traits)).toThrow(
      'beforeEach, afterEach, expect',
    );
    expect(() => describeJobStore('x', open, recorded, {} as never)).toThrow(InvalidOptionError);
    expect(() => describeJobStore('x', open, recorded, { isShared: 1 } as never)).toThrow(InvalidJobOptionError);
    expect(() => describeJobStore('x', open, recorded, { shared: true } as never)).toThrow(InvalidJobOptionError);
    expect(recorded.tests).toEqual([]);
  });
});
