import { TriggerSearchError } from '../triggers/trigger-errors.js';

/** What is thrown where the trigger of a job has thrown this: a search that was given up says whose it is. */
export function namingJob(error: unknown, jobId: string): unknown {
  return error instanceof TriggerSearchError ? error.naming(`Job "${jobId}": its trigger`) : error;
}
