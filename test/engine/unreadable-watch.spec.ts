import { describe, expect, it } from 'vitest';
import { UnreadableWatch } from '../../lib/engine/unreadable-watch.js';
import type { JobStoreSession } from '../../lib/stores/job-store.js';

const LATER_MS = 15_000;
const SOON_MS = 50;

/** The pauses before each of so many looks at a store that has so many pages, and how many rows each looks at. */
async function looksAt(pages: number, looks: number, failsAt = -1): Promise<{ pauses: number[]; limits: number[] }> {
  let seen = 0;
  const limits: number[] = [];
  const findUnreadable = (limit: number): ReturnType<JobStoreSession['findUnreadable']> => {
    limits.push(limit);
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
  return { pauses, limits };
}

describe('the search for rows that can not be read', () => {
  it('goes through a small store at once, and then takes its time', async () => {
    expect((await looksAt(4, 7)).pauses).toEqual([SOON_MS, SOON_MS, SOON_MS, SOON_MS, LATER_MS, LATER_MS, LATER_MS]);
  });

  it('does not keep a process busy after its start when the store is large', async () => {
    const { pauses } = await looksAt(500, 100);
    expect(pauses.filter((pause) => pause === SOON_MS)).toHaveLength(25);
    expect(pauses.lastIndexOf(SOON_MS)).toBe(24);
  });

  it('looks at fewer rows at a time once it takes its time, as they cost an idle process more', async () => {
    expect((await looksAt(4, 6)).limits).toEqual([200, 200, 200, 200, 100, 100]);
    expect((await looksAt(500, 27)).limits.slice(24)).toEqual([200, 100, 100]);
  });

  it('is not in a hurry while the store fails', async () => {
    expect((await looksAt(500, 4, 1)).pauses).toEqual([SOON_MS, SOON_MS, LATER_MS, SOON_MS]);
  });
});
