import { JOB_FORMAT_VERSION } from '../../../jobs/job-record.js';
import type { ClaimScope } from '../../job-store.js';
import type { SqlParams } from '../script.js';
import { ExcludedJobs } from './excluded-jobs.js';

/** The sets of a scope as parameters, made once for each version of it. */
export class ScopeParams {
  readonly excluded = new ExcludedJobs();
  #version: number | null = null;
  #params: SqlParams = {};

  of(scope: ClaimScope): SqlParams {
    if (this.#version === scope.version) return this.#params;
    this.#version = scope.version;
    this.excluded.adopt(scope.excludedJobs);
    this.#params = {
      tasks: JSON.stringify([...scope.tasks]),
      declared: JSON.stringify([...scope.declaredJobs]),
      excluded: JSON.stringify([...scope.excludedJobs]),
      version: JOB_FORMAT_VERSION,
    };
    return this.#params;
  }
}
