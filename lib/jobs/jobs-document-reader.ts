import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { StoredTrigger } from '../triggers/stored-trigger.js';
import { TriggerSearchError } from '../triggers/trigger-errors.js';
import { countFrom, FieldReader, oneOf, readInstant, readInstantOrNull, type Fields } from './document-fields.js';
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
import { optionalText } from './option-values.js';

/** A job of a document. What is wrong with it is `undefined`. */
export interface ReadJob {
  /** Where it stands in the document: `jobs[2]`. */
  readonly path: string;
  readonly id: string | undefined;
  readonly task: string | undefined;
  readonly executor: string | undefined;
  /** Alias of the store that kept it. */
  readonly store: string | undefined;
  /** `null`: something is wrong with it. */
  readonly job: ImportedJob | null;
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
const DOCUMENT_KEYS: readonly string[] = ['version', 'exportedAt', 'jobs'];
const TRIGGER_KEYS: readonly string[] = ['definition', 'anchor', 'timeZone'];
const DECLARATION = /^[\w-]{1,64}$/;

/**
 * Reads what `exportJobs` has made, after whatever has become of it since.
 *
 * @param problems gets what is wrong, each with its place
 */
export function readJobsDocument(document: unknown, problems: string[]): readonly ReadJob[] {
  return readFrame(document, problems).map((entry, i) => readEntry(entry, `jobs[${i}]`, problems));
}

function readFrame(document: unknown, problems: string[]): readonly unknown[] {
  const reader = new FieldReader(problems);
  const fields = reader.read('document', () => assertVersion(document));
  if (!fields) return [];
  const { exportedAt, jobs } = reader.readFields('document', fields, DOCUMENT_KEYS, 'a document') ?? {};
  reader.read('document.exportedAt', () => {
    if (exportedAt !== undefined) readInstant(exportedAt, 'document.exportedAt');
  });
  const entries = reader.read('document', () => {
    if (!Array.isArray(jobs)) throw new InvalidJobOptionError(`jobs must be a list, got ${showValue(jobs)}.`);
    // A copy without holes.
    return Array.from<unknown>(jobs);
  });
  return entries ?? [];
}

function assertVersion(document: unknown): object {
  if (!isObject(document)) {
    throw new InvalidJobOptionError(`${showValue(document)} is none. Pass what exportJobs() has answered, parsed.`);
  }
  const { version } = document;
  if (version === JOBS_DOCUMENT_VERSION) return document;
  throw new InvalidJobOptionError(
    `the version is ${showValue(version)}, and this package knows ${JOBS_DOCUMENT_VERSION} only. Import the ` +
      `document with the version of the package that made it, or a newer one.`,
  );
}

function readEntry(entry: unknown, path: string, problems: string[]): ReadJob {
  const reader = new FieldReader(problems);
  const fields = reader.readFields(path, entry, KEYS, 'an exported job');
  if (!fields) return { path, id: undefined, task: undefined, executor: undefined, store: undefined, job: null };
  reader.read(path, () => assertComplete(fields, path));
  const read = <T>(
    key: (typeof NEEDED_KEYS)[number],
    readField: (value: unknown, place: string) => T,
  ): T | undefined =>
    fields[key] === undefined
      ? undefined
      : reader.read(`${path}.${key}`, () => readField(fields[key], `${path}.${key}`));

  const id = read('id', readId);
  const trigger = readTrigger(reader, fields['trigger'], `${path}.trigger`);
  const options = readOptions(reader, fields['options'], `${path}.options`);
  const origin = read('origin', oneOf(ORIGINS));
  const state = read('state', oneOf(STATES));
  const nextFireAt = read('nextFire', readInstantOrNull);
  const job = {
    id,
    name: read('name', (value, place) => optionalName(value, place)),
    task: read('task', readTask),
    trigger,
    args: read('args', (value) => resolveArguments(value, path)),
    metadata: read('metadata', (value) => resolveMetadata(value, path)),
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
  const names = { path, id, task: job.task, executor: job.executor, store };
  if (reader.hasFailed) return { ...names, job: null };

  const late = placedLateAt === undefined ? {} : { placedLateAt };
  const policy: JobPolicy = { ...(options as Options).policy, ...late };
  const whole = { ...job, policy } as Omit<ImportedJob, 'dueAt'>;
  const dueAt = reader.read(`${path}.trigger`, () => dueAtOf(whole));
  return { ...names, job: dueAt === undefined ? null : { ...whole, dueAt } };
}

function assertComplete(fields: Fields, path: string): void {
  const missing = NEEDED_KEYS.filter((key) => fields[key] === undefined);
  if (missing.length > 0) throw new InvalidJobOptionError(`${path}: ${missing.join(', ')} must be there.`);
}

function readId(value: unknown, place: string): string {
  assertJobId(value, place);
  return value;
}

function readTask(value: unknown, place: string): string {
  assertTaskName(value, place);
  return value;
}

function readTrigger(reader: FieldReader, value: unknown, place: string): StoredTrigger | undefined {
  if (value === undefined) return undefined;
  const fields = reader.readFields(place, value, TRIGGER_KEYS, 'an exported trigger');
  if (!fields) return undefined;
  const { definition, timeZone } = fields;
  const anchor = reader.read(`${place}.anchor`, () => readInstant(fields['anchor'], `${place}.anchor`));
  return reader.read(place, () => {
    const flaw = findJsonFlaw(definition, `${place}.definition`);
    if (flaw) throw new InvalidJobOptionError(`${flaw.path} is ${flaw.found}, which is no JSON.`);
    // A copy: who changes his document later does not change the trigger.
    const copy = JSON.parse(JSON.stringify(definition)) as unknown;
    return StoredTrigger.fromJSON({ definition: copy, anchor: anchor ?? 0, timeZone });
  });
}

interface Options {
  readonly maxInstances: number;
  readonly policy: JobPolicy;
}

function readOptions(reader: FieldReader, value: unknown, place: string): Options | undefined {
  if (value === undefined) return undefined;
  const given = reader.readFields(place, value, OPTION_KEYS, 'the options of a job');
  if (!given) return undefined;
  try {
    return resolveOptions(given, place);
  } catch {
    // Each by itself, so that the first that is wrong hides no other.
    for (const [key, option] of Object.entries(given))
      reader.read(place, () => resolveOptions({ [key]: option }, place));
    return undefined;
  }
}

/** What is not there is what it was before there was such an option, not what this module would have it. */
function resolveOptions({ misfireGraceTime, ...others }: JobOptions, place: string): Options {
  // Milliseconds for certain: a small number is no slip here.
  const grace = typeof misfireGraceTime === 'number' ? { milliseconds: misfireGraceTime } : misfireGraceTime;
  const given = grace === undefined ? others : { ...others, misfireGraceTime: grace };
  return resolveJobOptions('', given, BUILT_IN_DEFAULTS, place);
}

/** Of an origin that is wrong, nobody knows whether it goes with one. */
function readDeclaration(fields: Fields, origin: JobOrigin | undefined, path: string): string {
  const { declaration } = fields;
  if (origin === undefined) return '';
  if (origin !== 'declared') {
    if (declaration !== undefined) throw new InvalidJobOptionError(`${path}.declaration is for declared jobs only.`);
    return '';
  }
  if (typeof declaration === 'string' && DECLARATION.test(declaration)) return declaration;
  throw new InvalidJobOptionError(
    `${path}.declaration must be the hash that a declared job was exported with, got ${showValue(declaration)}.`,
  );
}

function readPlacedLateAt(fields: Fields, origin: JobOrigin | undefined, path: string): number | undefined {
  const { placedLateAt } = fields;
  if (placedLateAt === undefined) return undefined;
  if (origin !== 'added') return readInstant(placedLateAt, `${path}.placedLateAt`);
  throw new InvalidJobOptionError(`${path}.placedLateAt is for declared jobs only.`);
}

function readPauseReason({ pauseReason }: Fields, state: JobState | undefined, path: string): PauseReason | null {
  if (pauseReason === undefined) return state === 'paused' ? 'manual' : null;
  if (state === 'paused' || state === undefined) return oneOf(PAUSE_REASONS)(pauseReason, `${path}.pauseReason`);
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
