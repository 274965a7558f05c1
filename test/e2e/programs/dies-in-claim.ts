import { Injectable } from '@nestjs/common';
import { currentRun, Interval } from '../../../lib/index.js';
import { config, runApplication } from './support/application.js';
import { tell } from './support/parent.js';

const { diesBefore } = config as typeof config & { readonly diesBefore?: 'commit' | 'handler' };

let hasInserted = false;

/** SQLite calls it before it carries the statement out. */
function verbose(sql: string): void {
  if (sql.startsWith('INSERT INTO scheduler_run')) hasInserted = true;
  if (!hasInserted) return;
  if (diesBefore === 'commit' && sql === 'COMMIT') process.kill(process.pid, 'SIGKILL');
  // The claim is committed, and its answer is on the way to the dispatcher.
  if (diesBefore === 'handler' && sql === 'COMMIT') queueMicrotask(() => process.kill(process.pid, 'SIGKILL'));
}

@Injectable()
class Work {
  @Interval(100, { id: 'job' })
  work(): void {
    tell({ started: currentRun().runId });
  }
}

await runApplication([Work], diesBefore ? { verbose } : {});
