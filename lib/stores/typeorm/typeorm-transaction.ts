import type { JobRecord } from '../../jobs/job-record.js';
import type * as store from '../job-store.js';
import type { StoreTransaction } from '../store-transaction.js';
import type { ScriptTransaction } from './drivers/store-connection.js';
import { addRuns } from './scripts/add-runs.js';
import { changeJobs, getJob, putJobs, putNewJobs, removeJobs } from './scripts/jobs.js';
import { listNodes } from './scripts/nodes.js';
import { putManyNew } from './scripts/put-many-new.js';
import type { ScriptContext } from './scripts/script-context.js';

/** What others have to act on as soon as it is committed. */
const NEWS = { isNews: () => true };

/** A session's work in a transaction of the caller's own: the same scripts, under the same locks in the same order. */
export class TypeOrmTransaction implements StoreTransaction {
  readonly #transaction: ScriptTransaction;
  readonly #context: ScriptContext;

  constructor(transaction: ScriptTransaction, context: ScriptContext) {
    this.#transaction = transaction;
    this.#context = { ...context, isWithin: true };
  }

  nodes(): Promise<store.NodesSeen> {
    return this.#transaction.read((now) => listNodes(this.#context, now));
  }

  getJob(id: string): Promise<JobRecord | null> {
    return this.#transaction.read(() => getJob(this.#context, id));
  }

  putJobs(ids: readonly string[], decide: store.PutDecision): Promise<readonly store.PutResult[]> {
    const put = (now: number, attempt: number) =>
      putManyNew(this.#context, ids, decide, now, attempt === 0 ? putNewJobs : putJobs);
    return this.#transaction.write(put, NEWS);
  }

  changeJobs(ids: readonly string[], change: store.JobChange): Promise<readonly store.ChangedJob[]> {
    return this.#transaction.write((now) => changeJobs(this.#context, ids, change, now), NEWS);
  }

  removeJobs(ids: readonly string[]): Promise<readonly store.RemovedJob[]> {
    return this.#transaction.write((now) => removeJobs(this.#context, ids, now), NEWS);
  }

  addRuns(jobId: string, decide: store.RunDecision): Promise<store.AddedRuns | null> {
    return this.#transaction.write((now) => addRuns(this.#context, jobId, decide, now), NEWS);
  }

  whenCommitted(then: () => void): void {
    this.#transaction.whenCommitted(then);
  }
}
