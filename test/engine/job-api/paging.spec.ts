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
    const listRuns = async ({ beforeSeq = Infinity, limit }: RunFilter) => {
      const runs = records.filter(({ seq }) => seq < beforeSeq).toReversed();
      return { runs: runs.slice(0, limit), unreadable: [] };
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
  it('P24 shows every run once, each store from its newest record to its oldest, whatever their slots', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(slots, { maxLength: 3 }), fc.integer({ min: 1, max: 6 }), async (stores, limit) => {
        const pages = await readAll(historyOf(stores), limit);
        const found = pages.flat();
        for (const [i, store] of stores.entries()) {
          const own = found.filter((runId) => runId.startsWith(`${i}/`));
          expect(own).toEqual(store.map((_, index) => `${i}/${index + 1}`).toReversed());
        }
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
