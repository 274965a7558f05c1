import type { Clock } from '../clock.js';
import { LOCAL_STORE } from '../engine/alias.js';
import type { SchedulerModuleOptions } from '../scheduler.options.js';
import { MemoryJobStore } from '../stores/memory/memory-job-store.js';

/** More than any test runs. */
const ALL = 1_000_000_000;
const FOREVER = { days: 1_000_000 };

/** What an application gave the module, as a test uses it: on another clock, in memory, with all runs kept. */
export function testOptions(given: SchedulerModuleOptions, clock: Clock): SchedulerModuleOptions {
  const { store: _, stores, ...rest } = given;
  const aliases = new Set(['default', LOCAL_STORE, ...Object.keys(stores ?? {})]);
  return {
    historyRetention: { maxAge: FOREVER, maxRunsPerJob: ALL },
    ...rest,
    clock,
    // Nobody else changes a store in memory, and nothing but a timer makes something due.
    pollInterval: FOREVER,
    stores: Object.fromEntries([...aliases].map((alias) => [alias, newStore()])),
  };
}

function newStore(): MemoryJobStore {
  return new MemoryJobStore({ maxRuns: ALL, maxRunsPerJob: ALL });
}
