import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outlook } from '../../lib/engine/outlook.js';
import type { ClaimScope, JobStoreSession, PeekResult } from '../../lib/stores/job-store.js';
import { aJob } from '../support/store-fixtures.js';
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

describe('a backlog that others work on as well', () => {
  const IDS = Array.from({ length: 40 }, (_, i) => `job-${i}`);
  const LANES = [{ executor: 'default', limit: 10 }];
  const clock = new VirtualClock();
  let outlook: Outlook;

  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const nextFireAt = clock.now() - 1;
    const jobs = IDS.map((id) => aJob({ id, nextFireAt }, clock.now()));
    const session: Partial<JobStoreSession> = {
      peekHorizonMs: 1_000,
      pollIntervalMs: 1_000,
      peek: async () => ({ now: clock.now(), jobs, nextDueAt: null, nextQueuedAt: null, unreadable: [] }),
    };
    outlook = new Outlook(session as JobStoreSession, clock, null);
  });
  afterEach(() => vi.restoreAllMocks());

  const firstOf = async () => (await outlook.peek(LANES, SCOPE)).jobs[0]?.id;

  it('is begun in its middle once they have been faster, until it is done', async () => {
    expect(await firstOf()).toBe('job-0');
    outlook.noteLoss(clock.now(), true);
    expect([await firstOf(), await firstOf()]).toEqual(['job-20', 'job-20']);
    outlook.afterPeek(await outlook.peek(LANES, SCOPE), Infinity);
    expect(await firstOf()).toBe('job-0');
  });

  it('is begun anew with what has been due for longest where only room was missing', async () => {
    outlook.noteLoss(clock.now(), false);
    expect(await firstOf()).toBe('job-0');
  });
});

describe('more fires of one instant than a peek looks for', () => {
  const LARGE = [{ executor: 'default', limit: 500 }];
  let clock: VirtualClock;
  let outlook: Outlook;
  let inMs: number;
  /** How many jobs the last peek has asked for. */
  let asked: number;
  let stored: number;
  let session: Partial<JobStoreSession>;

  beforeEach(() => {
    clock = new VirtualClock();
    inMs = 5_000;
    stored = 12_000;
    const dueAt = clock.now() + inMs;
    session = {
      peekHorizonMs: 11_000,
      pollIntervalMs: 10_000,
      peek: async ({ lanes }): Promise<PeekResult> => {
        asked = lanes[0]?.limit ?? 0;
        const nextFireAt = dueAt - 5_000 + inMs;
        const jobs = Array.from({ length: Math.min(asked, stored) }, (_, i) =>
          aJob({ id: `job-${i}`, nextFireAt }, clock.now()),
        );
        const nextDueAt = asked < stored ? nextFireAt : null;
        return { now: clock.now(), jobs, nextDueAt, nextQueuedAt: null, unreadable: [] };
      },
    };
    outlook = new Outlook(session as JobStoreSession, clock, null);
  });

  /** How long to wait for the next one. */
  const peek = async (lanes = LARGE) => outlook.afterPeek(await outlook.peek(lanes, SCOPE), Infinity).withinMs;

  it('is looked at again a second later, five times as far, and not a third time', async () => {
    expect([await peek(), asked]).toEqual([1_000, 2_000]);
    await clock.advance(1_000);
    expect(outlook.takePlanned(clock.now(), LARGE)).toBeNull();
    expect([await peek(), asked]).toEqual([10_000, 10_000]);
    await clock.advance(1_000);
    expect(outlook.takePlanned(clock.now(), LARGE)).toEqual([]);
  });

  it('is looked at no further once something has changed, until a second has passed without', async () => {
    await peek();
    outlook.planned.forget();
    expect([await peek(), asked]).toEqual([1_000, 2_000]);
    await clock.advance(1_000);
    expect([await peek(), asked]).toEqual([10_000, 10_000]);
    outlook.planned.forget();
    expect([await peek(), asked]).toEqual([1_000, 2_000]);
  });

  it('is looked at no further when the instant is near: that would take the time in which it comes', async () => {
    inMs = 2_000;
    expect([await peek(), asked]).toEqual([10_000, 2_000]);
    inMs = 2_500;
    outlook.planned.forget();
    expect(await peek()).toBe(1_000);
    await clock.advance(1_600);
    expect([await peek(), asked]).toEqual([10_000, 2_000]);
  });

  it('is looked at as often, and as far, as ever where the poll interval is a second or less', async () => {
    outlook = new Outlook(session as JobStoreSession, clock, 300);
    expect([await peek(), asked]).toEqual([300, 2_000]);
    await clock.advance(300);
    expect([await peek(), asked]).toEqual([300, 2_000]);
  });

  it('is looked at once where all of them are known, or slots become free a few at a time', async () => {
    stored = 1_999;
    expect([await peek(), asked]).toEqual([10_000, 2_000]);
    stored = 12_000;
    outlook.planned.forget();
    expect([await peek([{ executor: 'default', limit: 10 }]), asked]).toEqual([10_000, 10]);
  });
});

describe('a peek, which takes as long as several claims', () => {
  const ONE = [{ executor: 'default', limit: 1 }];
  let clock: VirtualClock;
  let outlook: Outlook;
  /** When what has no room in the plan is due. */
  let nextDueAt: number | null;

  beforeEach(() => {
    clock = new VirtualClock();
    nextDueAt = null;
  });

  /** Looks at what is due so many milliseconds from now; there has to be another peek after ten seconds. */
  async function peek(...dueIn: number[]): Promise<void> {
    const now = clock.now();
    const jobs = dueIn.map((ms) => aJob({ id: `in-${ms}`, nextFireAt: now + ms, dueAt: now + ms }, now));
    const session: Partial<JobStoreSession> = {
      peekHorizonMs: 11_000,
      pollIntervalMs: 10_000,
      peek: async () => ({ now, jobs, nextDueAt, nextQueuedAt: null, unreadable: [] }),
    };
    outlook = new Outlook(session as JobStoreSession, clock, null);
    await outlook.peek(ONE, SCOPE);
  }

  const take = () => outlook.takePlanned(clock.now(), ONE)?.map(({ id }) => id) ?? null;

  it('lets one claim go first of what is due at the same time', async () => {
    await peek(10_000, 10_000);
    await clock.advance(10_000);
    expect([take(), take()]).toEqual([['in-10000'], null]);
  });

  it('goes before its time where fires are close, behind the one before it', async () => {
    await peek(9_990, 10_010);
    await clock.advance(9_990);
    expect([take(), outlook.afterPlanned(), take()]).toEqual([['in-9990'], null, null]);
  });

  it('goes when it is time where there is nothing close that it could hold up', async () => {
    await peek(9_890, 10_010);
    await clock.advance(9_890);
    expect([take(), outlook.afterPlanned()?.withinMs, take()]).toEqual([['in-9890'], 110, []]);
    await clock.advance(110);
    expect(take()).toBeNull();
  });

  it('goes before what had no room in the plan is due, where that is close', async () => {
    nextDueAt = clock.now() + 40;
    await peek(20);
    await clock.advance(20);
    expect([take(), outlook.afterPlanned()]).toEqual([['in-20'], null]);

    nextDueAt = clock.now() + 400;
    await peek(20);
    await clock.advance(20);
    expect([take(), outlook.afterPlanned()?.at]).toEqual([['in-20'], nextDueAt]);
  });
});
