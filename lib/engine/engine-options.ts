import type { InjectionToken } from '@nestjs/common';
import type { Clock } from '../clock.js';
import type { Executor } from '../executors/executor.js';
import type { CheckedOverride } from '../jobs/job-override.js';
import type { ResolvedJobDefaults } from '../jobs/job-policy.js';
import type { JobStore, Retention } from '../stores/job-store.js';

/** The module's options, checked, with defaults, durations in milliseconds. */
export interface ResolvedOptions {
  readonly timeZone: string;
  readonly stores: ReadonlyMap<string, JobStore>;
  readonly executors: ReadonlyMap<string, Executor>;
  readonly jobDefaults: ResolvedJobDefaults;
  /** By the ids of declared jobs. */
  readonly overrides: ReadonlyMap<string, CheckedOverride>;
  /** `null`: resolvers have nothing to be called with. */
  readonly resolveWith: InjectionToken | null;
  readonly autoStart: boolean;
  readonly keepAlive: boolean;
  readonly shutdownTimeout: number;
  readonly leaseTtl: number;
  readonly abortOnLeaseExpiry: boolean;
  readonly globalEnhancers: readonly ('interceptors' | 'filters')[];
  /** `null`: each store's own. */
  readonly pollInterval: number | null;
  readonly historyRetention: Retention;
  readonly nodeName: string;
  readonly clock: Clock;
}
