import type { JobStore, JobStoreSession, StoreContext } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';

/**
 * Stands in for a database: what one scheduler leaves in it, the next one finds. Every session works on the same jobs
 * and runs, and closing one closes nothing.
 */
export class LastingStore implements JobStore {
  readonly kind = 'lasting';
  #kept: Promise<JobStoreSession> | null = null;

  async open(context: StoreContext): Promise<JobStoreSession> {
    this.#kept ??= new MemoryJobStore().open(context);
    return outliving(await this.#kept);
  }

  /** What is stored, past every scheduler. */
  async session(): Promise<JobStoreSession> {
    if (!this.#kept) throw new Error('No scheduler has opened this store yet.');
    return this.#kept;
  }
}

function outliving(session: JobStoreSession): JobStoreSession {
  const lasting: Partial<JobStoreSession> = { isShared: true, pollIntervalMs: 5_000, close: async () => undefined };
  return new Proxy(session, {
    get(target, key: keyof JobStoreSession) {
      if (key in lasting) return lasting[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
