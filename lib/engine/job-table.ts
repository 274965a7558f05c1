import type { JobSnapshot } from '../jobs/job-snapshot.js';

const HEADS = ['ID', 'STORE', 'STATE', 'NEXT FIRE', 'TASK', 'TRIGGER'];

/** Writes one line for each job, in columns. */
export function writeJobTable(jobs: readonly JobSnapshot[], stream: NodeJS.WritableStream): void {
  if (jobs.length === 0) {
    stream.write('No jobs.\n');
    return;
  }
  const rows = [HEADS, ...jobs.map(rowOf)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    stream.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

function rowOf(job: JobSnapshot): string[] {
  const next = job.nextFire?.toISOString() ?? '-';
  const state = job.pauseReason === 'failures' ? 'paused (failures)' : job.state;
  return [job.id, job.store, state, next, job.task, job.schedule];
}
