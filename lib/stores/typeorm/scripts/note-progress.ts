import type { ProgressReport } from '../../job-store.js';
import { askEach, type Script } from '../script.js';
import type { ScriptContext } from './script-context.js';

/** Keeps how far runs are: see `JobStoreSession.noteProgress`. */
export function* noteProgress({ sql }: ScriptContext, reports: readonly ProgressReport[]): Script<void> {
  const inOrder = [...reports].sort((one, other) => one.run.seq - other.run.seq);
  yield* askEach(
    sql.fires.noteProgress,
    inOrder.map(({ run, progress }) => ({ seq: run.seq, fence: run.fence, progress: Math.round(progress * 1000) })),
  );
}
