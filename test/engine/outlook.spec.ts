import { beforeEach, describe, expect, it } from 'vitest';
import { Outlook } from '../../lib/engine/outlook.js';
import type { ClaimScope, JobStoreSession, PeekResult } from '../../lib/stores/job-store.js';
import { VirtualClock } from '../support/virtual-clock.js';

const SCOPE: ClaimScope = { version: 1, tasks: new Set(), declaredJobs: new Set(), excludedJobs: new Set() };

describe("the store's clock, as far as a node knows it", () => {
  let clock: VirtualClock;
  let outlook: Outlook;
  /** How the next peek goes: how far ahead the store's clock is, and how long question and answer are on their way. */
  let way: { readonly ahead: number; readonly there: number; readonly back: number };

  beforeEach(() => {
    clock = new VirtualClock();
    const session: Partial<JobStoreSession> = {
      peekHorizonMs: 0,
      pollIntervalMs: 1_000,
      peek: async (): Promise<PeekResult> => {
        await clock.advance(way.there);
        const now = clock.now() + way.ahead;
        await clock.advance(way.back);
        return { now, jobs: [], nextDueAt: null, nextQueuedAt: null, unreadable: [] };
      },
    };
    outlook = new Outlook(session as JobStoreSession, clock, null);
  });

  async function offsetAfter(ahead: number, there: number, back: number): Promise<number> {
    way = { ahead, there, back };
    await outlook.peek([], SCOPE);
    return outlook.storeNow - clock.now();
  }

  it('is that of the host until an answer contradicts it, however long the answer takes', async () => {
    expect(await offsetAfter(0, 1, 15)).toBe(0);
    expect(await offsetAfter(0, 15, 1)).toBe(0);
  });

  it('is never taken for later than an answer shows', async () => {
    expect(await offsetAfter(-3_600_000, 1, 1)).toBe(-3_600_001);
    expect(await offsetAfter(3_600_000, 1, 1)).toBe(3_599_999);
    expect(await offsetAfter(-50, 1, 1)).toBe(-51);
  });

  it('keeps what a quick answer has shown when a slow one says less', async () => {
    await offsetAfter(500, 0, 1);
    expect(await offsetAfter(500, 10, 200)).toBe(499);
  });
});
