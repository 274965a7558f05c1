import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ManagedStore } from '../../../lib/engine/managed-store.js';
import { RunHistory } from '../../../lib/engine/run-history.js';
import type { StoreSet } from '../../../lib/engine/store-set.js';
import type { RunRecord } from '../../../lib/jobs/run-record.js';
import type { RunFilter } from '../../../lib/stores/job-store.js';

/** Stores that hold runs of these slots, in the order of recording. */
function historyOf(stores: readonly (readonly number[])[]): RunHistory {
  const managed = stores.map((slots, i) => {
    const records = slots.map((scheduledAt, index) => {
      const runId = `${i}/${index + 1}`;
      return { seq: index + 1, runId, scheduledAt, outcome: null, startedAt: null, finishedAt: null } as RunRecord;
    });
    records.sort((one, other) => other.scheduledAt - one.scheduledAt || other.seq - one.seq);
    const listRuns = async ({ before, limit }: RunFilter) => {
      const start = before ? records.findIndex(({ seq }) => seq === before.seq) + 1 : 0;
      expect(before?.scheduledAt).toBe(records[start - 1]?.scheduledAt);
      return { runs: records.slice(start, start + limit), unreadable: [] };
    };
    return { alias: `store-${i}`, session: async () => ({ listRuns }) } as unknown as ManagedStore;
  });
  return new RunHistory({ select: () => managed } as unknown as StoreSet, 'UTC');
}

async function readAll(history: RunHistory, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await history.list({ limit, cursor });
    pages.push(page.runs.map(({ runId }) => runId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

const slots = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 });

describe('paging through the history of several stores', () => {
  it('P24 shows every run once, the latest slot first, whatever the order of recording', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(slots, { maxLength: 3 }), fc.integer({ min: 1, max: 6 }), async (stores, limit) => {
        const pages = await readAll(historyOf(stores), limit);
        const found = pages.flat();
        const all = stores.flatMap((store, i) => store.map((slot, index) => ({ i, slot, seq: index + 1 })));
        all.sort((one, other) => other.slot - one.slot || one.i - other.i || other.seq - one.seq);
        expect(found).toEqual(all.map(({ i, seq }) => `${i}/${seq}`));
        expect(pages).toHaveLength(Math.max(Math.ceil(found.length / limit), 1));
      }),
    );
  });

  it('shows the same runs in the same order, however large the page', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(slots, { maxLength: 3 }), fc.integer({ min: 1, max: 6 }), async (stores, limit) => {
        const history = historyOf(stores);
        expect((await readAll(history, limit)).flat()).toEqual((await readAll(history, 1_000)).flat());
      }),
    );
  });
});
