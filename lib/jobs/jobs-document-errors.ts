import { SchedulerError } from '../errors/scheduler-error.js';

const MAX_SHOWN = 20;

/** A document that `importJobs` can't take. Nothing of it was stored. @publicApi */
export class InvalidJobsDocumentError extends SchedulerError {
  readonly code = 'INVALID_JOBS_DOCUMENT';
  /** All that is wrong, each with its place: `jobs[2].nextFire: …`. The message holds the first 20. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const shown = problems.slice(0, MAX_SHOWN).map((problem) => `\n- ${problem}`);
    const more = problems.length > MAX_SHOWN ? `\nand ${problems.length - MAX_SHOWN} more, see problems.` : '';
    super(`importJobs: the document can't be imported, and nothing of it was.${shown.join('')}${more}`);
    this.problems = problems;
  }
}
