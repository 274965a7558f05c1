import type { Clock } from '../../clock.js';
import type { JobRecord } from '../../jobs/job-record.js';
import { droppedFires } from '../../jobs/dropped-fires.js';
import { changeOfOpenRuns } from '../../jobs/open-runs.js';
import type { RunRecord } from '../../jobs/run-record.js';
import { runsNowhere } from '../../jobs/runs-nowhere.js';
import type * as store from '../job-store.js';
import { TransactionUnsupportedError } from '../store-errors.js';
import type { StoreTransaction } from '../store-transaction.js';
import { Fires } from './fires.js';
import type { JobEntry } from './job-entry.js';
import { JobTable } from './job-table.js';
import type { MemoryJob } from './memory-job.js';
import { MemoryRun } from './memory-run.js';
import { NodeTable } from './node-table.js';
import { RunTable, type HistoryLimits } from './run-table.js';
import { UnfinishedRuns } from './unfinished-runs.js';

/**
 * One application's jobs, in memory. The methods answer promises because other stores need them; each does its work
 * in the turn it is called in, which makes it atomic.
 */
export class MemorySession implements store.JobStoreSession {
  readonly peekHorizonMs = 0;
  /** Nobody else changes what is due: the engine's own alarm suffices. */
  readonly pollIntervalMs = 30_000;
  readonly maxBatch = 500;
  readonly isShared = false;

  readonly #alias: string;
  readonly #clock: Clock;
  readonly #nodes = new NodeTable();
  readonly #jobs = new JobTable();
  readonly #runs: RunTable;
  readonly #unfinished: UnfinishedRuns;
  readonly #fires: Fires;

  constructor(alias: string, clock: Clock, limits: HistoryLimits) {
    this.#alias = alias;
    this.#clock = clock;
    this.#runs = new RunTable(limits, (entry) => this.#jobs.forgetIfEmpty(entry));
    this.#unfinished = new UnfinishedRuns(this.#jobs, this.#runs);
    this.#fires = new Fires(this.#jobs, this.#runs, this.#unfinished);
  }

  async now(): Promise<number> {
    return this.#clock.now();
  }

  async joinNode(node: store.NodeDraft, leaseMs: number): Promise<void> {
    this.#nodes.join(node, this.#clock.now(), leaseMs);
  }

  async renewLease(nodeId: string, leaseMs: number): Promise<{ readonly renewed: boolean; readonly now: number }> {
    const now = this.#clock.now();
    return { renewed: this.#nodes.renew(nodeId, now, leaseMs), now };
  }

  async nodes(): Promise<store.NodesSeen> {
    return { nodes: this.#nodes.list(), now: this.#clock.now() };
  }

  async takeOverNode({ id, leaseUntil }: Pick<store.NodeRecord, 'id' | 'leaseUntil'>): Promise<store.TakeOver> {
    if (!this.#nodes.delete(id, leaseUntil)) return { taken: false, lost: [], requeued: [], paused: [], finished: [] };
    return { taken: true, ...this.#unfinished.endRunsOf(id, 'died', this.#clock.now()) };
  }

  async leaveNode(nodeId: string): Promise<store.TakeOver> {
    const taken = this.#nodes.delete(nodeId);
    return { taken, ...this.#unfinished.endRunsOf(nodeId, 'left', this.#clock.now()) };
  }

  async putJobs(ids: readonly string[], decide: store.PutDecision): Promise<readonly store.PutResult[]> {
    const now = this.#clock.now();
    const entries = ids.map((id) => this.#jobs.entryOf(id));
    try {
      // An id may come twice: it then ends as its last decision has it.
      const before = entries.map((entry) => {
        const stored = entry.staged ?? entry.job?.toRecord() ?? null;
        entry.staged = decide(entry.id, stored, { now, lastSeries: this.#lastSeries(entry) }) ?? entry.staged;
        return stored;
      });
      return entries.map((entry, i) => {
        const stored = before[i] as JobRecord | null;
        const { staged } = entry;
        if (!staged) return { id: entry.id, before: stored, after: stored, dropped: null };
        const { installed, dropped } = this.#install(entry, staged, now);
        entry.staged = installed;
        return { id: entry.id, before: stored, after: installed, dropped };
      });
    } finally {
      for (const entry of entries) {
        entry.staged = null;
        this.#jobs.forgetIfEmpty(entry);
      }
    }
  }

  async changeJobs(ids: readonly string[], change: store.JobChange): Promise<readonly store.ChangedJob[]> {
    const now = this.#clock.now();
    const staged = new Map<JobEntry, JobRecord>();
    const changed: Mutable<store.ChangedJob>[] = [];
    for (const id of ids) {
      const entry = this.#jobs.get(id);
      if (!entry?.job) continue;
      const before = staged.get(entry) ?? entry.job.toRecord();
      const after = change(before, now, entry.hasUnfinishedRun);
      if (after) staged.set(entry, after);
      const running = this.#runningIds(entry);
      changed.push({ before, after: after ?? before, running, isRetired: false, dropped: null });
    }
    const retired = new Set<JobRecord>();
    const droppedOf = new Map<string, RunRecord>();
    for (const [entry, record] of staged) {
      const { dropped } = this.#install(entry, record, now);
      if (dropped) droppedOf.set(entry.id, dropped);
      if (record.state === 'finished' && this.#unfinished.retireIfIdle(entry)) retired.add(record);
    }
    for (const job of changed) {
      job.isRetired = retired.has(job.after);
      job.dropped = droppedOf.get(job.after.id) ?? null;
      // Told once, also when the id was given twice.
      droppedOf.delete(job.after.id);
    }
    return changed;
  }

  async removeJobs(ids: readonly string[]): Promise<readonly store.RemovedJob[]> {
    const now = this.#clock.now();
    const removed: store.RemovedJob[] = [];
    for (const id of ids) {
      const entry = this.#jobs.get(id);
      if (!entry?.job) continue;
      const job = entry.job.toRecord();
      this.#jobs.remove(entry);
      removed.push({ job, cancelled: this.#unfinished.cancelQueued(entry, 'removed', now) });
      this.#jobs.forgetIfEmpty(entry);
    }
    return removed;
  }

  async getJob(id: string): Promise<JobRecord | null> {
    return this.#jobs.get(id)?.job?.toRecord() ?? null;
  }

  async listJobs(filter: store.JobFilter): Promise<store.JobList> {
    const found: MemoryJob[] = [];
    for (const job of filter.ids ? this.#jobsById(filter.ids) : this.#jobs.jobs()) {
      if (isMatch(job, filter)) found.push(job);
    }
    found.sort((one, other) => (one.id < other.id ? -1 : 1));
    return { jobs: found.map((job) => job.toRecord()), unreadable: [] };
  }

  async findJobsInNeed(need: store.Need, after: string, limit: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (const { id, state, [need.kind]: needed } of this.#jobs.jobs()) {
      if (state !== 'finished' && needed === need.name && id > after) found.push(id);
    }
    return found.sort().slice(0, limit);
  }

  async peek({ horizonMs, lanes, scope }: store.PeekQuery): Promise<store.PeekResult> {
    const now = this.#clock.now();
    this.#jobs.adopt(scope);
    const slots: number[] = [];
    let nextDueAt = Infinity;
    let nextQueuedAt = Infinity;
    for (const { executor, limit } of lanes) {
      const lane = this.#jobs.lane(executor);
      if (!lane) continue;
      nextDueAt = Math.min(nextDueAt, lane.due.collect(now + horizonMs, limit, slots));
      const { retries, queued, backfills } = lane;
      nextQueuedAt = Math.min(nextQueuedAt, retries.firstKey, queued.firstKey, backfills.firstKey);
    }
    const jobs = this.#jobs.show(slots);
    if (lanes.length > 1) jobs.sort((one, other) => (one.dueAt as number) - (other.dueAt as number));
    return { now, jobs, nextDueAt: finiteOrNull(nextDueAt), nextQueuedAt: finiteOrNull(nextQueuedAt), unreadable: [] };
  }

  async claim(node: string, entries: readonly store.ClaimEntry[]): Promise<store.ClaimResult> {
    const now = this.#clock.now();
    if (this.#nodes.holdsLease(node, now)) return this.#fires.claim(node, entries, now);
    return { records: [], lost: entries.map((entry) => entry.jobId), finished: [], toCancel: [] };
  }

  async addRuns(jobId: string, decide: store.RunDecision): Promise<store.AddedRuns | null> {
    const entry = this.#jobs.get(jobId);
    return entry?.job ? this.#unfinished.addRuns(entry, entry.job, decide, this.#clock.now()) : null;
  }

  async takeQueued({ node, lanes, scope }: store.TakeQuery): Promise<readonly store.TakenRun[]> {
    const now = this.#clock.now();
    this.#jobs.adopt(scope);
    return this.#nodes.holdsLease(node, now) ? this.#unfinished.takeQueued(node, lanes, now) : [];
  }

  async complete(completions: readonly store.Completion[]): Promise<store.CompletionResult> {
    return this.#unfinished.complete(completions, this.#clock.now());
  }

  async noteProgress(reports: readonly store.ProgressReport[]): Promise<void> {
    for (const { run, progress } of reports) this.#unfinished.noteProgress(run, progress);
  }

  async cancelRun(runId: string): Promise<store.CancelledRun | null> {
    const run = this.#runs.findAnywhere(runId);
    if (run instanceof MemoryRun) return this.#unfinished.cancel(run, this.#clock.now());
    return run && { run: run.toRecord(), hasEnded: false, finished: [] };
  }

  async runsToCancel(nodeId: string): Promise<readonly store.CancelRequest[]> {
    return this.#unfinished.toCancelOn(nodeId);
  }

  async getRun(runId: string): Promise<RunRecord | null> {
    return this.#runs.findAnywhere(runId)?.toRecord() ?? null;
  }

  async listRuns(filter: store.RunFilter): Promise<store.RunList> {
    if (filter.jobId === undefined) return { runs: this.#runs.list(filter, null), unreadable: [] };
    const entry = this.#jobs.get(filter.jobId);
    return { runs: entry ? this.#runs.list(filter, entry) : [], unreadable: [] };
  }

  async stats(query: store.StatsQuery): Promise<store.StoreStats> {
    if (query.jobId === undefined) return this.#runs.stats(query, null);
    const entry = this.#jobs.get(query.jobId);
    return entry ? this.#runs.stats(query, entry) : { from: query.from, to: query.to, tallies: [] };
  }

  async pruneRuns(retention: store.Retention, limit: number): Promise<number> {
    return this.#runs.prune(retention, this.#clock.now(), limit);
  }

  /** What is kept in memory is what was put there. */
  async findUnreadable(): Promise<store.Unreadable> {
    return { jobs: [], runs: [], hasSeenAll: true };
  }

  async within(): Promise<StoreTransaction> {
    throw new TransactionUnsupportedError(this.#alias);
  }

  async summarize(): Promise<store.StoreSummary> {
    const tasks = new Set<string>();
    const executors = new Set<string>();
    let jobs = 0;
    let nextFireAt = Infinity;
    for (const job of this.#jobs.jobs()) {
      if (job.state === 'finished') continue;
      jobs++;
      tasks.add(job.task);
      if (job.state !== 'active') continue;
      executors.add(job.executor);
      if (!runsNowhere(job.policy)) nextFireAt = Math.min(nextFireAt, job.nextFireAt ?? Infinity);
    }
    const hasUnfinishedRuns = this.#runs.running.size > 0 || this.#mayStartQueued();
    const next = finiteOrNull(nextFireAt);
    return { jobs, nextFireAt: next, hasUnfinishedRuns, tasks: [...tasks], executors: [...executors] };
  }

  async close(): Promise<void> {
    this.#nodes.clear();
    this.#jobs.clear();
    this.#runs.clear();
  }

  #install(entry: JobEntry, record: JobRecord, now: number): Installed {
    const before = entry.job;
    const rollUp = before && droppedFires(before, record, now);
    const dropped = before && rollUp && this.#fires.record(entry, before, rollUp, now);
    const installed = this.#jobs.install(entry, record);
    const change = before && entry.hasUnfinishedRun ? changeOfOpenRuns(before, record) : null;
    if (change) {
      for (const run of this.#runs.ofJob(entry)) if (run instanceof MemoryRun) run.change(change);
      this.#jobs.queueChanged(entry);
    }
    return { installed, dropped };
  }

  #mayStartQueued(): boolean {
    for (const { entry } of this.#runs.queued) if (!entry.job || !runsNowhere(entry.job.policy)) return true;
    return false;
  }

  #lastSeries(entry: JobEntry): number {
    if (entry.endedCount === 0 && !entry.hasUnfinishedRun) return 0;
    let last = 0;
    for (const run of this.#runs.ofJob(entry)) last = Math.max(last, run.series);
    return last;
  }

  #runningIds(entry: JobEntry): string[] {
    if (entry.running === 0) return [];
    const ids: string[] = [];
    for (const run of this.#runs.ofJob(entry)) if (run.state === 'running') ids.push(run.runId);
    return ids;
  }

  *#jobsById(ids: readonly string[]): Iterable<MemoryJob> {
    for (const id of new Set(ids)) {
      const job = this.#jobs.get(id)?.job;
      if (job) yield job;
    }
  }
}

/** A job as it is stored now, and what of its old trigger was put on record. */
interface Installed {
  readonly installed: JobRecord;
  readonly dropped: RunRecord | null;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function isMatch(job: MemoryJob, { tasks, executor, tags, states, origin }: store.JobFilter): boolean {
  if (tasks && !tasks.includes(job.task)) return false;
  if (executor !== undefined && job.executor !== executor) return false;
  if (states && !states.includes(job.state)) return false;
  if (origin !== undefined && job.origin !== origin) return false;
  return !tags || tags.every((tag) => job.tags.includes(tag));
}

function finiteOrNull(value: number): number | null {
  return value === Infinity ? null : value;
}
