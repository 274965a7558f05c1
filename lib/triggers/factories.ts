export { at, type AtDefinition, type AtOptions } from './at.js';
export { bindTrigger } from './bind-trigger.js';
export { cron, type CronDefinition, type CronOptions } from './cron.js';
export type { CronFieldInput, CronFields } from './cron/cron-fields.js';
export { interval, type IntervalDefinition, type IntervalOptions } from './interval.js';
export { preview, type PreviewOptions } from './preview.js';
