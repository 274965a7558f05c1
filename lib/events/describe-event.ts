import type { SchedulerEvent, SchedulerEventOf, SchedulerEventType } from './scheduler-event.js';

type RunEvent = Extract<SchedulerEvent, { readonly runId: string; readonly task: string }>;
type RolledUpEvent = SchedulerEventOf<'run.missed' | 'run.skipped'>;

/** One line for people: what happened, to which job, run and task, when and why. */
export function describeEvent(event: SchedulerEvent): string {
  return (DESCRIBE[event.type] as (event: SchedulerEvent) => string)(event);
}

const DESCRIBE: { readonly [Type in SchedulerEventType]: (event: SchedulerEventOf<Type>) => string } = {
  'scheduler.started': (e) =>
    `Started with ${count(e.jobs, 'job')} (stores: ${list(e.stores)}; executors: ${list(e.executors)}; ` +
    `time zone ${e.timeZone}; next fire ${e.nextFire?.toISOString() ?? 'none'}) as node ${e.node}`,
  'scheduler.paused': (e) => `Paused: node ${e.node} starts no more runs`,
  'scheduler.resumed': (e) => `Resumed: node ${e.node} starts runs again`,
  'scheduler.stopped': (e) => `Stopped: node ${e.node}`,

  'store.added': (e) => `Store "${e.store}" added`,
  'store.removed': (e) => `Store "${e.store}" removed`,
  'store.unavailable': (e) => `Store "${e.store}" is unavailable: ${e.error.name}: ${e.error.message}`,
  'store.recovered': (e) => `Store "${e.store}" is available again`,
  'executor.added': (e) => `Executor "${e.executor}" added`,
  'executor.removed': (e) => `Executor "${e.executor}" removed`,

  'job.added': (e) =>
    `Job "${e.jobId}" added to store "${e.store}" (task ${e.job.task}; ${e.job.schedule}; next fire ${next(e)})`,
  'job.modified': (e) => `Job "${e.jobId}" modified (task ${e.job.task}; next fire ${next(e)})`,
  'job.rescheduled': (e) =>
    `Job "${e.jobId}" rescheduled (task ${e.job.task}; ${e.job.schedule}; next fire ${next(e)})`,
  'job.paused': (e) => {
    if (e.reason === 'manual') return `Job "${e.jobId}" paused`;
    const runs = e.failures === 1 ? 'its last run has failed' : `its last ${e.failures} runs have failed`;
    return `Job "${e.jobId}" in store "${e.store}" has paused itself: ${runs}. resumeJob() lets it go on`;
  },
  'job.resumed': (e) => `Job "${e.jobId}" resumed`,
  'job.removed': (e) => `Job "${e.jobId}" removed from store "${e.store}"`,
  'job.finished': (e) => `Job "${e.jobId}" finished: no fire is left`,
  'job.unresolvable': (e) => {
    const what = e.reason === 'searching' ? 'waits for its next fire to be found' : `can't be run (${e.reason})`;
    return `Job "${e.jobId}" in store "${e.store}" ${what}: ${e.message}`;
  },
  'job.recovered': (e) => `Job "${e.jobId}" in store "${e.store}" can be run again`,
  'jobs.removed': (e) => `${count(e.jobIds.length, 'job')} removed from store "${e.store}"`,

  'run.queued': (e) => `Job "${e.jobId}" queued ${run(e)}`,
  'run.started': (e) => `Job "${e.jobId}" started, ${e.lateness} ms after it was due ${run(e)}`,
  'run.progress': (e) => `Job "${e.jobId}" is at ${Math.round(e.progress * 100)} % ${run(e)}`,
  'run.succeeded': (e) => `Job "${e.jobId}" succeeded after ${e.duration} ms ${run(e)}`,
  'run.failed': (e) => `Job "${e.jobId}" failed after ${e.duration} ms ${run(e)}: ${e.error.name}: ${e.error.message}`,
  'run.retrying': (e) =>
    `Job "${e.jobId}" failed in attempt ${e.attempt} and is tried again at ${e.nextAttemptAt.toISOString()} ` +
    `${run(e)}: ${e.error.name}: ${e.error.message}`,
  'run.cancelled': (e) => `Job "${e.jobId}" cancelled${e.reason === null ? '' : `: ${e.reason}`} ${run(e)}`,
  'run.missed': (e) => `Job "${e.jobId}" missed ${fires(e)} ${run(e)}`,
  'run.skipped': (e) => `Job "${e.jobId}" skipped ${fires(e)} ${run(e)}`,
  'run.lost': (e) => `Job "${e.jobId}" lost a run: ${whatBecameOf(e)} ${run(e)}`,
  'run.fenced': (e) =>
    `Job "${e.jobId}": the outcome was refused, the run had been taken from node ${e.node} ${run(e)}`,
  'run.unreadable': (e) => `Run "${e.runId}" of job "${e.jobId}" in store "${e.store}" is left alone: ${e.message}`,

  'node.joined': (e) => `Node ${e.node} joined store "${e.store}"`,
  'node.left': (e) => `Node ${e.node} left store "${e.store}"`,
  'node.lost': (e) => `Node ${e.lostNode} of store "${e.store}" died`,
};

function run({ runId, task, attempt }: RunEvent): string {
  return `(run ${runId}, task ${task}${attempt > 1 ? `, attempt ${attempt}` : ''})`;
}

function fires(event: RolledUpEvent): string {
  const from = event.scheduledTime.toISOString();
  if (event.count === 1) return `its fire of ${from}: ${event.reason}`;
  return `${count(event.count, 'fire')} from ${from} to ${event.until.toISOString()}: ${event.reason}`;
}

function next({ job }: SchedulerEventOf<'job.added' | 'job.modified' | 'job.rescheduled'>): string {
  return job.nextFire?.toISOString() ?? 'none';
}

function whatBecameOf({ lostNode, node }: SchedulerEventOf<'run.lost'>): string {
  // Told by the very node that ran it, at the end of its own shutdown.
  if (lostNode === node) return 'its handler had not ended when the time for the shutdown was over';
  return lostNode === null ? 'its node died' : `node ${lostNode} died`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
