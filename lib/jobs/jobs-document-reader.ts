import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { StoredTrigger } from '../triggers/stored-trigger.js';
import { TriggerSearchError } from '../triggers/trigger-errors.js';
import { countFrom, FieldReader, oneOf, readInstant, readInstantOrNull } from './document-fields.js';
import type { ImportedJob } from './imported-job.js';
import { resolveArguments, resolveMetadata } from './job-arguments.js';
import { dueOf } from './job-changes.js';
import { InvalidJobOptionError } from './job-errors.js';
import { assertJobId, assertTaskName } from './job-id.js';
import { optionalName, resolveTags } from './job-labels.js';
import type { JobOptions } from './job-options.js';
import { BUILT_IN_DEFAULTS, JOB_OPTION_KEYS, resolveJobOptions } from './job-policy.js';
import type { JobOrigin, JobPolicy, JobState, PauseReason } from './job-record.js';
import { JOBS_DOCUMENT_VERSION } from './jobs-document.js';
import { findJsonFlaw } from './json.js';
import { assertKnownKeys } from './known-keys.js';
import { optionalText } from './option-values.js';

/** A job of a document and where it is to go. */
export interface ReadJob {
  readonly job: ImportedJob;
  /** Alias of the store that kept it. */
  readonly store: string;
  /** Where it stands in the document: `jobs[2]`. */
  readonly path: string;
}

const NEEDED_KEYS = [
  'id',
  'name',
  'task',
  'store',
  'executor',
  'origin',
  'state',
  'trigger',
  'args',
  'metadata',
  'tags',
  'options',
  'nextFire',
  'lastFire',
  'runCount',
  'failures',
  'series',
] as const;
const KEYS: readonly string[] = [...NEEDED_KEYS, 'declaration', 'pauseReason', 'placedLateAt'];
/** What stands beside them in an exported job. */
const NO_OPTION_KEYS: readonly string[] = ['id', 'name', 'store', 'executor', 'tags', 'metadata'];
const OPTION_KEYS: readonly string[] = JOB_OPTION_KEYS.filter((key) => !NO_OPTION_KEYS.includes(key));
const ORIGINS: readonly JobOrigin[] = ['declared', 'added'];
const STATES: readonly JobState[] = ['active', 'paused', 'finished'];
const PAUSE_REASONS: readonly PauseReason[] = ['manual', 'failures'];
const DECLARATION = /^[\w-]{1,64}$/;

type Entry = Readonly<Record<string, unknown>>;

/**
 * Reads what `exportJobs` has made, after whatever has become of it since.
 *
 * @param problems gets what is wrong, each with its place; jobs without any are answered
 */
export function readJobsDocument(document: unknown, problems: string[]): readonly ReadJob[] {
  const entries = readFrame(document, problems);
  return entries.map((entry, i) => readEntry(entry, `jobs[${i}]`, problems)).filter((job) => job !== null);
}

function readFrame(document: unknown, problems: string[]): readonly unknown[] {
  const reader = new FieldReader(problems);
  return (
    reader.read('document', () => {
      if (!isObject(document)) {
        throw new InvalidJobOptionError(`${showValue(document)} is none. Pass what exportJobs() has answered, parsed.`);
      }
      const { version, exportedAt, jobs } = document;
      if (version !== JOBS_DOCUMENT_VERSION) {
        throw new InvalidJobOptionError(
          `the version is ${showValue(version)}, and this package knows ${JOBS_DOCUMENT_VERSION} only. Import the ` +
            `document with the version of the package that made it, or a newer one.`,
        );
      }
      assertKnownKeys(document, ['version', 'exportedAt', 'jobs'], 'document');
      if (exportedAt !== undefined) readInstant(exportedAt, 'document.exportedAt');
      if (!Array.isArray(jobs)) throw new InvalidJobOptionError(`jobs must be a list, got ${showValue(jobs)}.`);
      // A copy without holes.
      return Array.from<unknown>(jobs);
    }) ?? []
  );
}

/** `null`: there is something wrong with it. */
function readEntry(entry: unknown, path: string, problems: string[]): ReadJob | null {
  const reader = new FieldReader(problems);
  const fields = reader.read(path, () => readKeys(entry, path));
  if (!fields) return null;
  const read = <T>(key: string, readField: (value: unknown, place: string) => T): T | undefined =>
    reader.read(`${path}.${key}`, () => readField(fields[key], `${path}.${key}`));

  const id = read('id', readId);
  const trigger = read('trigger', readTrigger);
  const options = read('options', readOptions);
  const origin = read('origin', oneOf(ORIGINS));
  const state = read('state', oneOf(STATES));
  const nextFireAt = read('nextFire', readInstantOrNull);
  const job = {
    id,
    name: read('name', (value, place) => optionalName(value, place)),
    task: read('task', readTask),
    trigger,
    args: reader.read(`${path}.args`, () => resolveArguments(fields['args'], path)),
    metadata: reader.read(`${path}.metadata`, () => resolveMetadata(fields['metadata'], path)),
    tags: read('tags', (value, place) => Object.freeze(resolveTags(value, place))),
    executor: read('executor', optionalText),
    origin,
    state,
    pauseReason: reader.read(`${path}.pauseReason`, () => readPauseReason(fields, state, path)),
    nextFireAt,
    lastFireAt: read('lastFire', readInstantOrNull),
    series: read('series', countFrom(1)),
    maxInstances: options?.maxInstances,
    runCount: read('runCount', countFrom(0)),
    failures: read('failures', countFrom(0)),
    definition: reader.read(`${path}.declaration`, () => readDeclaration(fields, origin, path)),
  };
  const store = read('store', optionalText);
  const placedLateAt = reader.read(`${path}.placedLateAt`, () => readPlacedLateAt(fields, origin, path));
  reader.read(path, () => assertGoesOn(nextFireAt, state, origin, path));
  if (reader.hasFailed) return null;

  const policy: JobPolicy = { ...(options as Options).policy, ...(placedLateAt === null ? {} : { placedLateAt }) };
  const whole = { ...job, policy } as Omit<ImportedJob, 'dueAt'>;
  const dueAt = reader.read(`${path}.trigger`, () => dueAtOf(whole));
  if (dueAt === undefined) return null;
  return { job: { ...whole, dueAt }, store: store as string, path };
}

function readKeys(entry: unknown, path: string): Entry {
  if (!isObject(entry)) throw new InvalidJobOptionError(`${path} must be an exported job, got ${showValue(entry)}.`);
  assertKnownKeys(entry, KEYS, path);
  const missing = NEEDED_KEYS.filter((key) => entry[key] === undefined);
  if (missing.length > 0) throw new InvalidJobOptionError(`${path}: ${missing.join(', ')} must be there.`);
  // Read once: a getter may answer something else the next time.
  return { ...entry };
}

function readId(value: unknown, place: string): string {
  assertJobId(value, place);
  return value;
}

function readTask(value: unknown, place: string): string {
  assertTaskName(value, place);
  return value;
}

function readTrigger(value: unknown, place: string): StoredTrigger {
  if (!isObject(value))
    throw new InvalidJobOptionError(`${place} must be an exported trigger, got ${showValue(value)}.`);
  assertKnownKeys(value, ['definition', 'anchor', 'timeZone'], place);
  const { definition, anchor, timeZone } = value;
  const flaw = findJsonFlaw(definition, `${place}.definition`);
  if (flaw) throw new InvalidJobOptionError(`${flaw.path} is ${flaw.found}, which is no JSON.`);
  return StoredTrigger.fromJSON({
    // A copy: who changes his document later does not change the trigger.
    definition: JSON.parse(JSON.stringify(definition)) as unknown,
    anchor: readInstant(anchor, `${place}.anchor`),
    timeZone,
  });
}

interface Options {
  readonly maxInstances: number;
  readonly policy: JobPolicy;
}

/** What is not there is what it was before there was such an option, not what this module would have it. */
function readOptions(value: unknown, place: string): Options {
  assertKnownKeys(value as object, OPTION_KEYS, place);
  const { misfireGraceTime, ...others } = value as JobOptions;
  // Milliseconds for certain: a small number is no slip here.
  const grace = typeof misfireGraceTime === 'number' ? { milliseconds: misfireGraceTime } : misfireGraceTime;
  const given = grace === undefined ? others : { ...others, misfireGraceTime: grace };
  return resolveJobOptions('', given, BUILT_IN_DEFAULTS, place);
}

function readDeclaration(fields: Entry, origin: JobOrigin | undefined, path: string): string {
  const { declaration } = fields;
  if (origin !== 'declared') {
    if (declaration !== undefined) throw new InvalidJobOptionError(`${path}.declaration is for declared jobs only.`);
    return '';
  }
  if (typeof declaration === 'string' && DECLARATION.test(declaration)) return declaration;
  throw new InvalidJobOptionError(
    `${path}.declaration must be the hash that a declared job was exported with, got ${showValue(declaration)}.`,
  );
}

function readPlacedLateAt(fields: Entry, origin: JobOrigin | undefined, path: string): number | null {
  const { placedLateAt } = fields;
  if (placedLateAt === undefined) return null;
  if (origin === 'declared') return readInstant(placedLateAt, `${path}.placedLateAt`);
  throw new InvalidJobOptionError(`${path}.placedLateAt is for declared jobs only.`);
}

function readPauseReason({ pauseReason }: Entry, state: JobState | undefined, path: string): PauseReason | null {
  if (pauseReason === undefined) return state === 'paused' ? 'manual' : null;
  if (state === 'paused') return oneOf(PAUSE_REASONS)(pauseReason, `${path}.pauseReason`);
  throw new InvalidJobOptionError(`${path}.pauseReason is for paused jobs only.`);
}

/** @throws {InvalidJobOptionError} for a job that would neither fire nor ever be removed */
function assertGoesOn(
  nextFireAt: number | null | undefined,
  state: JobState | undefined,
  origin: JobOrigin | undefined,
  path: string,
): void {
  if (state === 'finished' && typeof nextFireAt === 'number') {
    throw new InvalidJobOptionError(`${path}.nextFire must be null, as the job is finished.`);
  }
  if (nextFireAt !== null) return;
  if (state === 'active') throw new InvalidJobOptionError(`${path}.nextFire must be there, as the job is active.`);
  if (origin === 'added') {
    throw new InvalidJobOptionError(`${path}.nextFire is null: nothing is left to fire. Leave the job out.`);
  }
}

function dueAtOf(job: Omit<ImportedJob, 'dueAt'>): number | null {
  try {
    return dueOf(job, job.nextFireAt);
  } catch (error) {
    // The jitter depends on the fire after it, which takes long to find: without it, it comes no later.
    if (error instanceof TriggerSearchError) return job.nextFireAt;
    throw error;
  }
}
