import { describe, expect, it } from 'vitest';
import { UnreadableWatch } from '../../lib/engine/unreadable-watch.js';
import type { JobStoreSession } from '../../lib/stores/job-store.js';

const LATER_MS = 15_000;
const SOON_MS = 50;

/** The pauses before each of so many looks at a store that has so many pages. */
async function pausesOf(pages: number, looks: number, failsAt = -1): Promise<number[]> {
  let seen = 0;
  const findUnreadable = (): ReturnType<JobStoreSession['findUnreadable']> => {
    if (seen++ === failsAt) return Promise.reject(new Error('no route to host'));
    return Promise.resolve({ jobs: [], runs: [], hasSeenAll: seen % pages === 0 });
  };
  const session = { findUnreadable } as unknown as JobStoreSession;
  const watch = new UnreadableWatch(session, { jobs: () => {}, runs: () => {} }, () => LATER_MS);
  const pauses: number[] = [];
  for (let i = 0; i < looks; i++) {
    pauses.push(watch.pauseMs());
    await watch.look().catch(() => undefined);
  }
  return pauses;
}

describe('the search for rows that can not be read', () => {
  it('goes through a small store at once, and then takes its time', async () => {
    expect(await pausesOf(4, 7)).toEqual([SOON_MS, SOON_MS, SOON_MS, SOON_MS, LATER_MS, LATER_MS, LATER_MS]);
  });

  it('does not keep a process busy after its start when the store is large', async () => {
    const pauses = await pausesOf(500, 100);
    expect(pauses.filter((pause) => pause === SOON_MS)).toHaveLength(25);
    expect(pauses.lastIndexOf(SOON_MS)).toBe(24);
  });

  it('is not in a hurry while the store fails', async () => {
    expect(await pausesOf(500, 4, 1)).toEqual([SOON_MS, SOON_MS, LATER_MS, SOON_MS]);
  });
});
