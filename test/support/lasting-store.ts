import type { ClaimScope, JobStore, JobStoreSession, StoreContext } from '../../lib/stores/job-store.js';
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

let scopeVersions = 0;

function outliving(session: JobStoreSession): JobStoreSession {
  // The versions of scopes are each scheduler's own; here several schedulers look through one session.
  const versions = new WeakMap<ClaimScope, number>();
  const numbered = <Query extends { readonly scope: ClaimScope }>(query: Query): Query => {
    const version = versions.get(query.scope) ?? ++scopeVersions;
    versions.set(query.scope, version);
    return { ...query, scope: { ...query.scope, version } };
  };
  const lasting: Partial<JobStoreSession> = {
    isShared: true,
    pollIntervalMs: 5_000,
    peek: (query) => session.peek(numbered(query)),
    takeQueued: (query) => session.takeQueued(numbered(query)),
    close: async () => undefined,
  };
  return new Proxy(session, {
    get(target, key: keyof JobStoreSession) {
      if (key in lasting) return lasting[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
