export { at, type AtDefinition, type AtOptions } from './at.js';
export { bindTrigger } from './bind-trigger.js';
export { interval, type IntervalDefinition, type IntervalOptions } from './interval.js';
export { preview, type PreviewOptions } from './preview.js';
