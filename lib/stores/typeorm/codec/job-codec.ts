import { JOB_FORMAT_VERSION, type JobRecord, type PauseReason } from '../../../jobs/job-record.js';
import { UnreadableJobError } from '../../store-errors.js';
import type { Row, SqlValue } from '../script.js';
import { NewerFormatError, UnreadableColumnError } from '../typeorm-errors.js';
import { areTextsEqual, parseJobTexts, readJobTexts, type JobTexts, type JobTextValues } from './job-texts.js';
import {
  readInstant,
  readInstantOrNull,
  readInteger,
  readPositive,
  readText,
  readTextOrNull,
  readWord,
} from './read-column.js';
import { JOB_ORIGINS, JOB_STATES } from './words.js';

const textOfTrigger = rememberText();
const textOfTags = rememberText();
const textOfPolicy = rememberText();

/** Jobs that are stored together mostly share what nobody changes: it is written out once. */
function rememberText(): (value: object) => string {
  let last: { readonly value: object; readonly text: string } | null = null;
  return (value) => {
    if (last?.value !== value) last = { value, text: JSON.stringify(value) };
    return last.text;
  };
}

interface KnownTexts {
  readonly texts: JobTexts;
  readonly values: JobTextValues;
}

/** How many jobs' triggers and options stay decoded, at least. */
const REMEMBERED = 10_000;

/**
 * Rows of the job table to records and back. What the JSON columns of a job hold is remembered as long as their texts
 * stay what they are: its trigger stays bound from peek to peek, and a row repaired by hand is seen at once.
 */
export class JobCodec {
  readonly #keeps: boolean;
  #known = new Map<string, KnownTexts>();
  /** Those that were known before there were so many new ones: what is asked for once more is kept. */
  #knownBefore = new Map<string, KnownTexts>();

  /** @param keeps whether it remembers anything: not where rows are read only to see whether they can be */
  constructor(keeps = true) {
    this.#keeps = keeps;
  }

  /** @throws {UnreadableJobError} */
  decode(row: Row): JobRecord {
    try {
      return this.#decode(row);
    } catch (error) {
      throw new UnreadableJobError(String(row['id']), error);
    }
  }

  /** The record, or the reason why there is none. */
  tryDecode(row: Row): JobRecord | UnreadableJobError {
    try {
      return this.#decode(row);
    } catch (error) {
      return new UnreadableJobError(String(row['id']), error);
    }
  }

  encode(job: JobRecord): Record<string, SqlValue> {
    return {
      id: job.id,
      name: job.name,
      task: job.task,
      trigger_def: textOfTrigger(job.trigger),
      args: JSON.stringify(job.args),
      metadata: job.metadata === null ? null : JSON.stringify(job.metadata),
      tags: textOfTags(job.tags),
      executor: job.executor,
      origin: JOB_ORIGINS.indexOf(job.origin),
      status: JOB_STATES.indexOf(job.state),
      next_fire_at: job.nextFireAt,
      due_at: job.dueAt,
      last_fire_at: job.lastFireAt,
      gen: job.gen,
      fence: job.fence,
      series: job.series,
      max_instances: job.maxInstances,
      policy: textOfPolicy(job.policy),
      run_count: job.runCount,
      failures: job.failures,
      pause_reason: job.pauseReason,
      definition: job.definition,
      def_version: job.formatVersion,
      created_at: job.createdAt,
      updated_at: job.updatedAt,
    };
  }

  #decode(row: Row): JobRecord {
    const formatVersion = readInteger(row, 'def_version');
    if (formatVersion > JOB_FORMAT_VERSION) throw new NewerFormatError(formatVersion, JOB_FORMAT_VERSION);
    const id = readText(row, 'id');
    const { trigger, tags, policy, args, metadata } = this.#valuesOf(id, readJobTexts(row));
    const state = readWord(row, 'status', JOB_STATES);
    const nextFireAt = readInstantOrNull(row, 'next_fire_at');
    const dueAt = readInstantOrNull(row, 'due_at');
    if (state === 'active' && (dueAt === null) !== (nextFireAt === null)) {
      const [empty, other] = dueAt === null ? ['due_at', 'next_fire_at'] : ['next_fire_at', 'due_at'];
      throw new UnreadableColumnError(empty, `is empty although the job is active and has a ${other}`);
    }
    return {
      id,
      name: readText(row, 'name'),
      task: readText(row, 'task'),
      trigger,
      args: args(),
      metadata: metadata(),
      tags,
      executor: readText(row, 'executor'),
      origin: readWord(row, 'origin', JOB_ORIGINS),
      state,
      nextFireAt,
      dueAt,
      lastFireAt: readInstantOrNull(row, 'last_fire_at'),
      gen: readInteger(row, 'gen'),
      fence: readInteger(row, 'fence'),
      series: readInteger(row, 'series'),
      maxInstances: readPositive(row, 'max_instances'),
      policy,
      runCount: readInteger(row, 'run_count'),
      failures: readInteger(row, 'failures'),
      pauseReason: readTextOrNull(row, 'pause_reason') as PauseReason | null,
      definition: readText(row, 'definition'),
      formatVersion,
      createdAt: readInstant(row, 'created_at'),
      updatedAt: readInstant(row, 'updated_at'),
    };
  }

  #valuesOf(id: string, texts: JobTexts): JobTextValues {
    if (!this.#keeps) return parseJobTexts(texts, false);
    const known = this.#known.get(id) ?? this.#knownBefore.get(id);
    const isSame = known !== undefined && areTextsEqual(known.texts, texts);
    if (isSame && this.#known.get(id) === known) return known.values;
    if (this.#known.size >= REMEMBERED) {
      this.#knownBefore = this.#known;
      this.#known = new Map();
    }
    const entry = isSame ? known : { texts, values: parseJobTexts(texts, true) };
    this.#known.set(id, entry);
    return entry.values;
  }
}
