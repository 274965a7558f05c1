export {
  ManualScheduler,
  type DrainOptions,
  type ManualSchedulerOptions,
  type ProviderOverrides,
} from './testing/manual-scheduler.js';
export { ManualSchedulerError, NotDrainedError } from './testing/testing-errors.js';
export { VirtualClock } from './testing/virtual-clock.js';
