import { isObject } from '../../../errors/object-kinds.js';
import { showValue } from '../../../errors/show-value.js';
import { COALESCES, type Coalesce } from '../../../jobs/coalesce.js';
import type { JobPolicy } from '../../../jobs/job-record.js';
import type { JsonObject, JsonValue } from '../../../jobs/json.js';
import { OVERLAPS, type Overlap } from '../../../jobs/overlap.js';
import { BACKOFFS, type Backoff } from '../../../jobs/retry.js';
import { StoredTrigger } from '../../../triggers/stored-trigger.js';
import type { Row } from '../script.js';
import { UnreadableColumnError } from '../typeorm-errors.js';
import { parseColumn, readText, readTextOrNull } from './read-column.js';

/** The columns of a job that hold JSON, as they are stored. */
export interface JobTexts {
  readonly triggerDef: string;
  readonly args: string;
  readonly metadata: string | null;
  readonly tags: string;
  readonly policy: string;
}

/** What stands in them. Arguments and metadata are made anew for each reader unless nobody can change them. */
export interface JobTextValues {
  readonly trigger: StoredTrigger;
  readonly tags: readonly string[];
  readonly policy: JobPolicy;
  readonly args: () => readonly JsonValue[];
  readonly metadata: () => JsonObject | null;
}

export function readJobTexts(row: Row): JobTexts {
  return {
    triggerDef: readText(row, 'trigger_def'),
    args: readText(row, 'args'),
    metadata: readTextOrNull(row, 'metadata'),
    tags: readText(row, 'tags'),
    policy: readText(row, 'policy'),
  };
}

export function areTextsEqual(one: JobTexts, other: JobTexts): boolean {
  return (
    one.triggerDef === other.triggerDef &&
    one.args === other.args &&
    one.metadata === other.metadata &&
    one.tags === other.tags &&
    one.policy === other.policy
  );
}

export const tagsOf = rememberLast(parseTags);
const policyOf = rememberLast(parsePolicy);
/** One whose fires depend on the job is bound for one job at a time. */
const triggerOf = rememberLast(
  (text) => parseTrigger(text),
  (trigger) => !trigger.bound.isSeeded,
);

/** Jobs that are read together mostly say the same here. What is shared so, nobody can change. */
function rememberLast<T>(parse: (text: string) => T, isShareable: (value: T) => boolean = () => true) {
  let last: { readonly text: string; readonly value: T } | null = null;
  return (text: string): T => {
    if (last?.text === text) return last.value;
    const value = parse(text);
    if (isShareable(value)) last = { text, value };
    return value;
  };
}

/**
 * @param isKept as that of `StoredTrigger.fromJSON`
 * @throws {UnreadableColumnError} and the errors of `StoredTrigger.fromJSON`
 */
export function parseJobTexts(texts: JobTexts, isKept: boolean): JobTextValues {
  return {
    trigger: isKept ? triggerOf(texts.triggerDef) : parseTrigger(texts.triggerDef, false),
    tags: tagsOf(texts.tags),
    policy: policyOf(texts.policy),
    args: readerOf(texts.args, parseArgs(texts.args)),
    metadata: readerOf(texts.metadata, parseMetadata(texts.metadata)),
  };
}

export function parseArgs(text: string): readonly JsonValue[] {
  const args = parseColumn('args', text);
  if (Array.isArray(args)) return args as JsonValue[];
  throw new UnreadableColumnError('args', `holds ${showValue(args)} instead of a list`);
}

/** Whoever changes an object that he was given must not change what is remembered. */
function readerOf<T extends readonly JsonValue[] | JsonObject | null>(text: string | null, value: T): () => T {
  if (text === null || value === null) return () => value;
  const isFlat = Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
  if (!isFlat) return () => JSON.parse(text) as T;
  Object.freeze(value);
  return () => value;
}

function parseMetadata(text: string | null): JsonObject | null {
  if (text === null) return null;
  const metadata = parseColumn('metadata', text);
  if (isObject(metadata)) return metadata as JsonObject;
  throw new UnreadableColumnError('metadata', `holds ${showValue(metadata)} instead of an object`);
}

function parseTrigger(text: string, isKept = true): StoredTrigger {
  return StoredTrigger.fromJSON(parseColumn('trigger_def', text), isKept);
}

function parseTags(text: string): readonly string[] {
  const tags = parseColumn('tags', text);
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return Object.freeze(tags);
  throw new UnreadableColumnError('tags', `holds ${showValue(tags)} instead of a list of texts`);
}

function parsePolicy(text: string): JobPolicy {
  const policy = parseColumn('policy', text);
  if (!isObject(policy)) throw new UnreadableColumnError('policy', `holds ${showValue(policy)} instead of an object`);
  const { misfireGraceTime, coalesce, catchUpLimit, maxRuns, jitter, overlap, retry, timeout, placedLateAt } = policy;
  const { pauseAfterFailures } = policy;
  const isSound =
    isCountOrNull(misfireGraceTime, 0) &&
    COALESCES.includes(coalesce as Coalesce) &&
    isCount(catchUpLimit, 1) &&
    isCountOrNull(maxRuns, 1) &&
    (jitter === undefined || isCount(jitter, 0)) &&
    (overlap === undefined || OVERLAPS.includes(overlap as Overlap)) &&
    (retry === undefined || isRetry(retry)) &&
    (pauseAfterFailures === undefined || isCount(pauseAfterFailures, 1)) &&
    (timeout === undefined || isCount(timeout, 1)) &&
    (placedLateAt === undefined || isCount(placedLateAt, -Infinity));
  if (!isSound) throw new UnreadableColumnError('policy', `holds ${showValue(policy)}, which is no policy`);
  return Object.freeze(policy as unknown as JobPolicy);
}

function isRetry(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { maxAttempts, backoff, delay, maxDelay, jitter } = value;
  return (
    isCount(maxAttempts, 1) &&
    BACKOFFS.includes(backoff as Backoff) &&
    isCount(delay, 0) &&
    (maxDelay === undefined || isCount(maxDelay, 0)) &&
    (jitter === undefined || isCount(jitter, 0))
  );
}

function isCountOrNull(value: unknown, least: number): boolean {
  return value === null || isCount(value, least);
}

function isCount(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}
