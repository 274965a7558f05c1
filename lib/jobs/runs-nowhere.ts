import type { JobPolicy } from './job-record.js';

/** Whether no node runs a job: nobody declares it any more, or whoever declares it has it disabled. */
export function runsNowhere({ orphanedAt, disabledAt }: JobPolicy): boolean {
  return orphanedAt !== undefined || disabledAt !== undefined;
}
