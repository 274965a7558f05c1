// The global one may be a fake of a test, while the database is real.
import { setImmediate } from 'node:timers';
import type { JobRecord } from '../../jobs/job-record.js';
import type { PutDecision, PutResult } from '../job-store.js';
import type { ClockEstimate } from './clock-estimate.js';
import type { Query, Row } from './script.js';
import { plainPut, readPlainPut } from './scripts/plain-put.js';
import type { ScriptContext } from './scripts/script-context.js';

/** So many jobs go in one statement. */
const MOST_AT_ONCE = 500;

interface Call {
  readonly decide: PutDecision;
  /** `null`: the script has to decide. */
  readonly resolve: (result: PutResult | null) => void;
  readonly reject: (error: unknown) => void;
}

interface PlainPutPorts {
  readonly sql: string;
  readonly context: ScriptContext;
  readonly clock: ClockEstimate;
  /** Asks the store for the time, so that the estimate knows it. */
  readonly askTime: () => Promise<unknown>;
  /** `null`: nothing was written. */
  readonly ask: (query: Query) => Promise<readonly Row[] | null>;
}

/**
 * Stores single jobs whose ids are new, in one round trip each; those that are asked for in one turn of the event loop
 * share a statement and its commit. It is decided beforehand, for a time that the store's clock will show, for an id that
 * is not stored and has no runs: the statement leaves alone what this does not hold for, and the script decides. So it
 * does when a decision throws, or another job of the statement was refused.
 */
export class PlainPuts {
  readonly #ports: PlainPutPorts;
  #gathered = new Map<string, Call>();

  constructor(ports: PlainPutPorts) {
    this.#ports = ports;
  }

  /** Answers `null` when nothing was stored, and the script has to decide. */
  put(id: string, decide: PutDecision): Promise<PutResult | null> {
    // Of two that store the same id, the second has to find what the first has stored.
    if (this.#gathered.has(id) || this.#gathered.size >= MOST_AT_ONCE) this.#send();
    return new Promise((resolve, reject) => {
      if (this.#gathered.size === 0) setImmediate(() => this.#send());
      this.#gathered.set(id, { decide, resolve, reject });
    });
  }

  #send(): void {
    const calls = this.#gathered;
    this.#gathered = new Map();
    if (calls.size > 0) void this.#answer(calls);
  }

  async #answer(calls: ReadonlyMap<string, Call>): Promise<void> {
    try {
      const stored = await this.#store(calls);
      for (const [id, { resolve }] of calls) {
        const after = stored.get(id);
        resolve(after ? { id, before: null, after, dropped: null } : null);
      }
    } catch (error) {
      for (const { reject } of calls.values()) reject(error);
    }
  }

  /** The jobs that were stored. */
  async #store(calls: ReadonlyMap<string, Call>): Promise<ReadonlyMap<string, JobRecord>> {
    const { sql, context, clock, askTime, ask } = this.#ports;
    if (Number.isNaN(clock.now)) await askTime();
    const { now } = clock;
    const jobs = [...calls].flatMap(([id, { decide }]) => decided(id, decide, now) ?? []);
    const raised = jobs.map((job) => context.stamps.raise(job));
    if (raised.length === 0) return new Map();
    const query = plainPut(sql, context.codec, raised, now);
    const rows = await clock.learn(() => ask(query), timeOf);
    const stamps = readPlainPut(rows ?? []);
    return new Map(
      raised.flatMap((job) => {
        const given = stamps.get(job.id);
        return given ? [[job.id, { ...job, ...given }]] : [];
      }),
    );
  }
}

function timeOf(rows: readonly Row[] | null): number | null {
  return rows && Number(rows[0]?.['now']);
}

/** The new job; `null`: not without knowing what is stored. */
function decided(id: string, decide: PutDecision, now: number): JobRecord | null {
  try {
    return decide(id, null, { now, lastSeries: 0 });
  } catch {
    // It may be another error, or none, when the id is stored.
    return null;
  }
}
