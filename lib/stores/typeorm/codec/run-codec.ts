import { isObject } from '../../../errors/object-kinds.js';
import { showValue } from '../../../errors/show-value.js';
import type { AttemptRecord } from '../../../jobs/attempts.js';
import type { RunOutcome, RunReason, RunRecord } from '../../../jobs/run-record.js';
import type { Row, SqlValue } from '../script.js';
import { UnreadableColumnError, UnreadableRunError } from '../typeorm-errors.js';
import { parseArgs, tagsOf } from './job-texts.js';
import {
  parseColumn,
  readInstant,
  readInstantOrNull,
  readInteger,
  readIntegerOrNull,
  readPositive,
  readText,
  readTextOrNull,
  readWord,
} from './read-column.js';
import { RUN_ORIGINS, RUN_STATES } from './words.js';

/** @throws {UnreadableRunError} */
export function decodeRun(row: Row): RunRecord {
  const run = tryDecodeRun(row);
  if (run instanceof Error) throw run;
  return run;
}

/** The record, or the reason why there is none. */
export function tryDecodeRun(row: Row): RunRecord | UnreadableRunError {
  try {
    return readRun(row);
  } catch (error) {
    return new UnreadableRunError(String(row['run_id']), error);
  }
}

export function encodeRun(run: Omit<RunRecord, 'seq'>): Record<string, SqlValue> {
  return {
    run_id: run.runId,
    job_id: run.jobId,
    task: run.task,
    tags: run.tags.length === 0 ? null : JSON.stringify(run.tags),
    gen: run.gen,
    scheduled_at: run.scheduledAt,
    until_at: run.untilAt,
    count: run.count,
    reason: run.reason,
    available_at: run.availableAt,
    state: RUN_STATES.indexOf(run.state),
    node: run.node,
    fence: run.fence,
    attempt: run.attempt,
    max_attempts: run.maxAttempts,
    origin: RUN_ORIGINS.indexOf(run.origin),
    args: run.args === null ? null : JSON.stringify(run.args),
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    outcome: encodeOutcome(run.outcome),
  };
}

export function encodeOutcome(outcome: RunOutcome | null): string | null {
  return outcome === null ? null : JSON.stringify(outcome);
}

export function encodeAttempts(attempts: readonly AttemptRecord[] | null): string | null {
  return attempts === null ? null : JSON.stringify(attempts);
}

function readRun(row: Row): RunRecord {
  const args = readTextOrNull(row, 'args');
  const thousandths = readIntegerOrNull(row, 'progress');
  return {
    seq: readInteger(row, 'seq'),
    runId: readText(row, 'run_id'),
    jobId: readText(row, 'job_id'),
    task: readText(row, 'task'),
    tags: tagsOf(readTextOrNull(row, 'tags') ?? '[]'),
    gen: readInteger(row, 'gen'),
    scheduledAt: readInstant(row, 'scheduled_at'),
    untilAt: readInstantOrNull(row, 'until_at'),
    count: readIntegerOrNull(row, 'count'),
    reason: readTextOrNull(row, 'reason') as RunReason | null,
    availableAt: readInstant(row, 'available_at'),
    state: readWord(row, 'state', RUN_STATES),
    node: readTextOrNull(row, 'node'),
    fence: readInteger(row, 'fence'),
    attempt: readPositive(row, 'attempt'),
    maxAttempts: readPositive(row, 'max_attempts'),
    attempts: readAttempts(readTextOrNull(row, 'attempts')),
    origin: readWord(row, 'origin', RUN_ORIGINS),
    args: args === null ? null : parseArgs(args),
    startedAt: readInstantOrNull(row, 'started_at'),
    finishedAt: readInstantOrNull(row, 'finished_at'),
    outcome: readOutcome(readTextOrNull(row, 'outcome')),
    progress: thousandths === null ? null : thousandths / 1000,
  };
}

function readAttempts(text: string | null): readonly AttemptRecord[] | null {
  if (text === null) return null;
  const attempts = parseColumn('attempts', text);
  if (Array.isArray(attempts) && attempts.every(isAttempt)) return attempts;
  throw new UnreadableColumnError('attempts', `holds ${showValue(attempts)} instead of a list of attempts`);
}

function isAttempt(value: unknown): value is AttemptRecord {
  if (!isObject(value)) return false;
  const { attempt, startedAt, finishedAt, error } = value;
  return [attempt, startedAt, finishedAt].every((number) => Number.isSafeInteger(number)) && isObject(error);
}

function readOutcome(text: string | null): RunOutcome | null {
  if (text === null) return null;
  const outcome = parseColumn('outcome', text);
  if (isObject(outcome)) return outcome;
  throw new UnreadableColumnError('outcome', `holds ${showValue(outcome)} instead of an object`);
}
