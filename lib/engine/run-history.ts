import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { assertIsId } from '../jobs/job-id.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import { AmbiguousJobIdError, InvalidJobOptionError, RunNotFoundError } from '../jobs/job-errors.js';
import type { InStore } from '../jobs/job-input.js';
import type { RunRecord, RunState } from '../jobs/run-record.js';
import { snapshotOfRun, type Run } from '../jobs/run-snapshot.js';
import type { RunFilter } from '../stores/job-store.js';
import { parseInstant, type InstantInput } from '../triggers/instant.js';
import { emptySpan } from './empty-span.js';
import { assertTags } from './job-selection.js';
import type { ManagedStore } from './managed-store.js';
import type { StoreSet } from './store-set.js';

/** What `getRuns` lists. @publicApi */
export interface RunsFilter extends InStore {
  /** Runs of this job; also of one that is gone. */
  readonly jobId?: string;
  /** One or more; an empty list lists nothing. */
  readonly state?: RunState | readonly RunState[];
  /** Runs with all of these tags, which are those that their jobs had when the runs were made. */
  readonly tags?: readonly string[];
  /** The first slot, inclusive. */
  readonly from?: InstantInput;
  /** The last slot, inclusive. */
  readonly to?: InstantInput;
  /** At most so many runs, 1 to 1,000. Default 100. */
  readonly limit?: number;
  /** `nextCursor` of the page before; `null`: the first page. */
  readonly cursor?: string | null;
}

/** Runs, the latest fire first; of one fire, what was recorded last. @publicApi */
export interface RunPage {
  readonly runs: readonly Run[];
  /** For the next page; `null` when there is none. */
  readonly nextCursor: string | null;
}

const FILTER_KEYS = ['jobId', 'state', 'tags', 'from', 'to', 'limit', 'cursor', 'store'];
const STATES: readonly RunState[] = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'lost',
  'skipped',
  'missed',
];
const MAX_LIMIT = 1000;

/** A run, and the store that keeps it. */
export interface LocatedRun {
  readonly store: ManagedStore;
  readonly run: RunRecord;
}

/** How far each store has been read: `scheduledAt` and `seq` of its last run that was shown. */
type Positions = Record<string, readonly [number, number]>;

/** Reads the runs on record, over all stores. */
export class RunHistory {
  readonly #stores: StoreSet;
  readonly #timeZone: string;

  constructor(stores: StoreSet, timeZone: string) {
    this.#stores = stores;
    this.#timeZone = timeZone;
  }

  /** @throws {AmbiguousJobIdError} when several stores hold a run of that id and none is named. */
  async get(runId: string, options: InStore = {}): Promise<Run | null> {
    assertIsId(runId, 'getRun');
    assertKnownKeys(options, ['store'], `getRun('${runId}')`);
    const located = await this.#find(runId, options.store, 'getRun');
    return located && snapshotOfRun(located.run, located.store.alias);
  }

  /** @throws {RunNotFoundError | AmbiguousJobIdError | UnknownStoreError} */
  async locate(runId: string, alias: string | undefined, what: string): Promise<LocatedRun> {
    const located = await this.#find(runId, alias, what);
    if (located) return located;
    throw new RunNotFoundError(
      runId,
      this.#stores.select(alias, what).map((store) => store.alias),
    );
  }

  async list(filter: RunsFilter = {}): Promise<RunPage> {
    assertKnownKeys(filter, FILTER_KEYS, 'getRuns');
    const limit = readLimit(filter.limit);
    const positions = readCursor(filter.cursor);
    // One more than asked for tells whether there is another page.
    const query = this.#queryOf(filter, limit + 1);
    const stores = this.#stores.select(filter.store, 'getRuns');
    const lists = await Promise.all(stores.map((store) => readStore(store, query, positions[store.alias])));
    const merged = mergeLatestFirst(lists, limit + 1);
    const isLast = merged.length <= limit;
    const page = merged.slice(0, limit);
    for (const { store, record } of page) positions[store] = [record.scheduledAt, record.seq];
    return {
      runs: page.map(({ store, record }) => snapshotOfRun(record, store)),
      nextCursor: isLast ? null : Buffer.from(JSON.stringify(positions)).toString('base64url'),
    };
  }

  async #find(runId: string, alias: string | undefined, what: string): Promise<LocatedRun | null> {
    const found: LocatedRun[] = [];
    for (const store of this.#stores.select(alias, what)) {
      const run = await (await store.session()).getRun(runId);
      if (run) found.push({ store, run });
    }
    const [first] = found;
    if (!first || found.length === 1) return first ?? null;
    throw new AmbiguousJobIdError(
      first.run.jobId,
      found.map(({ store }) => store.alias),
    );
  }

  #queryOf({ jobId, state, tags, from, to }: RunsFilter, limit: number): RunFilter {
    if (jobId !== undefined && typeof jobId !== 'string') {
      throw new InvalidJobOptionError(`getRuns: jobId must be the id of a job, got ${showValue(jobId)}.`);
    }
    assertTags(tags, 'getRuns');
    const instant = (input: InstantInput | undefined, what: string, bareDateMeans: 'start' | 'end') =>
      input === undefined
        ? undefined
        : parseInstant(input, { timeZone: this.#timeZone, what: `getRuns: ${what}`, bareDateMeans });
    const first = instant(from, 'from', 'start');
    const last = instant(to, 'to', 'end');
    if (first !== undefined && last !== undefined && first > last) throw emptySpan('getRuns', first, last);
    return { jobId, states: readStates(state), tags, from: first, to: last, limit };
  }
}

interface StoredRun {
  readonly store: string;
  readonly record: RunRecord;
}

async function readStore(
  store: ManagedStore,
  query: RunFilter,
  position: Positions[string] | undefined,
): Promise<StoredRun[]> {
  const session = await store.session();
  const { runs, unreadable } = await session.listRuns({
    ...query,
    before: position && { scheduledAt: position[0], seq: position[1] },
  });
  if (unreadable.length > 0) store.reportUnreadableRuns(unreadable);
  return runs.map((record) => ({ store: store.alias, record }));
}

/** The latest slot first; of one slot, the runs of a store after those of the stores before it. */
function mergeLatestFirst(lists: readonly (readonly StoredRun[])[], limit: number): StoredRun[] {
  const merged: StoredRun[] = [];
  const next = lists.map(() => 0);
  while (merged.length < limit) {
    let latest = -1;
    let latestSlot = -Infinity;
    for (const [i, list] of lists.entries()) {
      const slot = list[next[i] as number]?.record.scheduledAt ?? -Infinity;
      if (slot > latestSlot) [latest, latestSlot] = [i, slot];
    }
    const run = lists[latest]?.[next[latest] as number];
    if (!run) break;
    merged.push(run);
    next[latest] = (next[latest] as number) + 1;
  }
  return merged;
}

function readStates(state: RunsFilter['state']): readonly RunState[] | undefined {
  if (state === undefined) return undefined;
  const states = Array.isArray(state) ? (state as readonly RunState[]) : [state as RunState];
  const wrong = states.find((one) => !STATES.includes(one));
  if (wrong !== undefined) {
    throw new InvalidJobOptionError(`getRuns: there is no run state ${showValue(wrong)}. Known: ${STATES.join(', ')}.`);
  }
  return states;
}

function readLimit(limit: number | undefined): number {
  if (limit === undefined) return 100;
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidJobOptionError(
    `getRuns: limit must be a whole number from 1 to ${MAX_LIMIT}, got ${showValue(limit)}.`,
  );
}

function readCursor(cursor: string | null | undefined): Positions {
  if (cursor === undefined || cursor === null) return {};
  try {
    const positions: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (isObject(positions) && Object.values(positions).every(isPosition)) return positions as Positions;
  } catch {
    // Falls through to the error below.
  }
  throw new InvalidJobOptionError(
    `getRuns: cursor is ${showValue(cursor)}, which no page has had as its nextCursor. Pass that of the page before as it ` +
      `is, or null for the first page.`,
  );
}

function isPosition(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}
