import type { ProgressReport } from '../../job-store.js';
import { askEach, askInPieces, type Script } from '../script.js';
import type { ScriptContext } from './script-context.js';

/** Keeps how far runs are: see `JobStoreSession.noteProgress`. */
export function* noteProgress(context: ScriptContext, reports: readonly ProgressReport[]): Script<void> {
  const inOrder = (yield* freeAmong(context, reports)).toSorted((one, other) => one.run.seq - other.run.seq);
  yield* askEach(
    context.sql.fires.noteProgress,
    inOrder.map(({ run, progress }) => ({ seq: run.seq, fence: run.fence, progress: Math.round(progress * 1000) })),
  );
}

/**
 * Of several runs those that nobody else has locked: while one was waited for, the others could not end. A single one, which
 * may be what its handler has said last, is waited for.
 */
function* freeAmong({ sql }: ScriptContext, reports: readonly ProgressReport[]): Script<readonly ProgressReport[]> {
  if (!sql.free || reports.length < 2) return reports;
  const seqs = reports.map(({ run }) => run.seq);
  const rows = yield* askInPieces<{ seq: number }>(sql.free.runs, 'seqs', seqs);
  const free = new Set(rows.map(({ seq }) => Number(seq)));
  return reports.filter(({ run }) => free.has(run.seq));
}
