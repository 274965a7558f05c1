export {
  ManualScheduler,
  type DrainOptions,
  type ManualSchedulerOptions,
  type ProviderOverrides,
} from './testing/manual-scheduler.js';
export { ManualSchedulerError, NotDrainedError } from './testing/testing-errors.js';
export {
  describeJobStore,
  type JobStoreTraits,
  type OpenedStore,
  type OpenStore,
} from './testing/stores/describe-job-store.js';
export type {
  Expectation,
  PromiseMatchers,
  StoreTestFramework,
  ValueMatchers,
} from './testing/stores/store-test-framework.js';
export type { TestFramework } from './testing/test-framework.js';
export { describeTrigger, type DescribeTriggerOptions } from './testing/triggers/describe-trigger.js';
export { VirtualClock } from './testing/virtual-clock.js';
