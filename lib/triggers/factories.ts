export { allOf, type AllOfDefinition, type AllOfOptions } from './all-of.js';
export { anyOf, type AnyOfDefinition } from './any-of.js';
export { at, type AtDefinition, type AtOptions } from './at.js';
export { bindTrigger } from './bind-trigger.js';
export {
  calendarInterval,
  type CalendarIntervalDefinition,
  type CalendarIntervalOptions,
  type CalendarStep,
} from './calendar-interval.js';
export { cron, type CronDefinition, type CronOptions } from './cron.js';
export type { CronFieldInput, CronFields } from './cron/cron-fields.js';
export {
  type CustomTrigger,
  type CustomTriggerDefinition,
  defineTrigger,
  type TriggerFactory,
} from './define-trigger.js';
export { except, type ExceptDefinition } from './except.js';
export type { ExcludedRange, Exclusion } from './exclusions.js';
export { interval, type IntervalDefinition, type IntervalOptions } from './interval.js';
export { preview, type PreviewOptions } from './preview.js';
