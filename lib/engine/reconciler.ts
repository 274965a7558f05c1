import type { DeclaredJob } from '../jobs/declared-job.js';
import { enableJob, newDisabledJob } from '../jobs/disabled-job.js';
import { newJob, reconcileJob, replaceJob } from '../jobs/job-changes.js';
import { hasSameTrigger, type JobDraft } from '../jobs/job-draft.js';
import { ConflictingDeclaredJobError } from '../jobs/job-errors.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { RunRecord } from '../jobs/run-record.js';
import { namingJob } from '../jobs/search-of-job.js';
import type { JobStoreSession, NodeRecord, PutFacts, PutResult, UnreadableJob } from '../stores/job-store.js';
import { UnreadableJobError } from '../stores/store-errors.js';
import { at } from '../triggers/at.js';
import { TriggerSearchError } from '../triggers/trigger-errors.js';

/** A declared job of one store, checked. */
export interface DeclaredDraft {
  readonly declared: DeclaredJob;
  /** `definition` of an `@AfterStart` is a placeholder until the store's clock is known. */
  readonly draft: JobDraft;
}

/** What was found and changed in a store at start. */
export interface Reconciliation {
  readonly added: readonly JobRecord[];
  readonly modified: readonly JobRecord[];
  readonly rescheduled: readonly JobRecord[];
  /** Overdue fires of triggers that were replaced, as they were put on record. */
  readonly dropped: readonly RunRecord[];
  /** Those whose row can't be read, or whose trigger throws: they are left as they are. */
  readonly unreadable: readonly UnreadableJob[];
}

/** Brings the declared jobs of one store in line with what it holds: by id, keeping what has not changed. */
export async function reconcile(
  session: JobStoreSession,
  alias: string,
  drafts: readonly DeclaredDraft[],
  liveNodes: readonly NodeRecord[],
  nodeId: string,
): Promise<Reconciliation> {
  const byId = new Map(drafts.map((entry) => [entry.declared.id, entry]));
  const first = firstOf(liveNodes);
  const clusterStart = first?.id === nodeId ? first.startedAt : null;
  const broken = new Map<string, Error>();
  const decide = (id: string, stored: JobRecord | null, facts: PutFacts): JobRecord | null => {
    const entry = byId.get(id) as DeclaredDraft;
    if (stored?.origin === 'added') throw new ConflictingDeclaredJobError(id, entry.declared.source, alias);
    if (entry.declared.disabled) return decideDisabled(entry, stored, facts);
    if (entry.declared.afterStart) return decideAfterStart(entry, stored, facts, clusterStart);
    try {
      return decideDeclared(entry, stored, facts);
    } catch (error) {
      if (!stored || !hasSameTrigger(stored, entry.draft)) throw namingDeclared(error, entry.declared);
      broken.set(id, namingJob(error, id) as Error);
      return null;
    }
  };
  const { unreadable, ...changes } = await putReadable(session, [...byId.keys()], decide);
  return { ...changes, unreadable: [...unreadable, ...[...broken].map(([id, error]) => ({ id, error }))] };
}

function decideDeclared({ draft }: DeclaredDraft, stored: JobRecord | null, facts: PutFacts): JobRecord | null {
  if (!stored) return newJob(draft, facts);
  const isDisabled = stored.policy.disabledAt !== undefined;
  return isDisabled ? enableJob(draft, stored, facts.now) : reconcileJob(draft, stored, facts.now);
}

/**
 * What is stored stays as it is: others may run it, and it is marked when nobody does. What is not is stored to be seen,
 * unless it has no trigger to show.
 */
function decideDisabled(entry: DeclaredDraft, stored: JobRecord | null, facts: PutFacts): JobRecord | null {
  const { trigger, afterStart } = entry.declared;
  if (stored || (!trigger && !afterStart)) return null;
  try {
    return newDisabledJob(placed(entry, facts), facts);
  } catch (error) {
    throw namingDeclared(error, entry.declared);
  }
}

/** A trigger that is new, and of which no fire is found, is refused with its method. */
function namingDeclared(error: unknown, { id, source }: DeclaredJob): unknown {
  return error instanceof TriggerSearchError ? error.naming(`Job "${id}" (${source}): its trigger`) : error;
}

/** A corrupt row keeps its own job from being reconciled, and no other. */
async function putReadable(
  session: JobStoreSession,
  ids: readonly string[],
  decide: Parameters<JobStoreSession['putJobs']>[1],
): Promise<Reconciliation> {
  const unreadable: UnreadableJob[] = [];
  let left = ids;
  for (;;) {
    try {
      return { ...sortResults(await session.putJobs(left, decide)), unreadable };
    } catch (error) {
      if (!(error instanceof UnreadableJobError) || !left.includes(error.jobId)) throw error;
      unreadable.push({ id: error.jobId, error });
      left = left.filter((id) => id !== error.jobId);
    }
  }
}

/**
 * Runs once after the start: of every process, or of the first node of the cluster.
 *
 * @param clusterStart when this node, as the first one, started; `null`: others are there already
 */
function decideAfterStart(
  entry: DeclaredDraft,
  stored: JobRecord | null,
  facts: PutFacts,
  clusterStart: number | null,
): JobRecord | null {
  const draft = placed(entry, facts);
  if (!stored) return newJob(draft, facts);
  const isOfThisStart = clusterStart === null || stored.updatedAt >= clusterStart;
  if (isOfThisStart && stored.policy.disabledAt === undefined) return null;
  const replaced = replaceJob(draft, stored, facts.now);
  const { state, pauseReason } = stored;
  return state === 'paused' ? { ...replaced, state, pauseReason } : replaced;
}

/** The draft with the instant of an `@AfterStart`. */
function placed({ declared, draft }: DeclaredDraft, { now }: PutFacts): JobDraft {
  return declared.afterStart ? { ...draft, definition: at(new Date(now + declared.afterStart.delayMs)) } : draft;
}

/** Of several that start in one instant, all must find the same one. */
function firstOf(nodes: readonly NodeRecord[]): NodeRecord | undefined {
  return nodes.toSorted((one, other) => one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1))[0];
}

function sortResults(results: readonly PutResult[]): Omit<Reconciliation, 'unreadable'> {
  const added: JobRecord[] = [];
  const modified: JobRecord[] = [];
  const rescheduled: JobRecord[] = [];
  const dropped: RunRecord[] = [];
  for (const { before, after, dropped: run } of results) {
    if (run) dropped.push(run);
    if (!after || after.gen === before?.gen) continue;
    if (!before) added.push(after);
    else if (before.trigger === after.trigger) modified.push(after);
    else rescheduled.push(after);
  }
  return { added, modified, rescheduled, dropped };
}
