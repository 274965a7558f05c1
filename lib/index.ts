export { SchedulerService } from './scheduler.service.js';
