import { Logger } from '@nestjs/common';

/**
 * Tells of a handler, or an executor, that went on after the timeout of its run.
 *
 * @param error `null`: it has not failed
 */
export function tellLate({ runId, jobId }: { readonly runId: string; readonly jobId: string }, error: unknown): void {
  const how = error === null ? 'ended' : `failed (${error instanceof Error ? error.message : String(error)})`;
  new Logger('Scheduler').warn(
    `Run "${runId}" of job "${jobId}": its handler has ${how} after its timeout. On record the run has failed already.`,
  );
}
