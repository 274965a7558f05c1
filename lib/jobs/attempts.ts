import type { RunError, RunRecord } from './run-record.js';

/** A failed attempt that another one has followed, as the stores keep it with its run. Instants are epoch milliseconds. */
export interface AttemptRecord {
  /** 1, 2, … */
  readonly attempt: number;
  readonly node: string | null;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly error: RunError;
}

/** How many of the latest attempts are kept beside the first. A run may have 10,000, and each rewrites those before it. */
const LATEST_KEPT = 50;
const MAX_MESSAGE = 1_000;
const MAX_STACK = 2_000;

/** The failed attempts of a run with the one that has just ended: the first one and the latest 50 of them. */
export function withFailedAttempt(
  run: Pick<RunRecord, 'attempt' | 'attempts' | 'node' | 'startedAt' | 'availableAt'>,
  finishedAt: number,
  error: RunError,
): readonly AttemptRecord[] {
  const { attempt, node, startedAt, availableAt } = run;
  const ended = Object.freeze({
    attempt,
    node,
    startedAt: startedAt ?? availableAt,
    finishedAt: Math.floor(finishedAt),
    error: shortened(error),
  });
  const [first, ...later] = [...(run.attempts ?? []), ended];
  return Object.freeze([first, ...later.slice(-LATEST_KEPT)]);
}

/** A run whose attempt has failed, as it waits for the next one. */
export function requeued(run: RunRecord, availableAt: number, finishedAt: number, error: RunError): RunRecord {
  const attempts = withFailedAttempt(run, finishedAt, error);
  const next = { attempt: run.attempt + 1, attempts, node: null, startedAt: null, progress: null };
  return { ...run, state: 'queued', availableAt, ...next };
}

/**
 * What an attempt has failed of whose node is gone.
 *
 * @param how `'left'`: the node itself has given the run up, at the end of its shutdown
 */
export function lossOf(node: string, how: 'died' | 'left'): RunError {
  const message =
    how === 'left'
      ? 'Its handler had not ended when the time for the shutdown was over.'
      : `Node ${node}, which ran it, died.`;
  return { name: 'RunLostError', message };
}

function shortened({ name, message, stack }: RunError): RunError {
  return Object.freeze({
    name,
    message: cut(message, MAX_MESSAGE),
    ...(stack === undefined ? {} : { stack: cut(stack, MAX_STACK) }),
  });
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
