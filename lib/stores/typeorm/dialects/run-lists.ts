import { QUEUED, RUNNING, SUCCEEDED } from '../codec/words.js';
import { where } from './where.js';

/** Which conditions a list of runs has. Of `before` and `to`, which both say where it begins, there is one at most. */
export interface RunListShape {
  readonly hasJobId: boolean;
  /** In their order, each once; `null`: all. */
  readonly states: readonly number[] | null;
  /** How many tags it is to have, whose names are those of `tagName`. */
  readonly tags: number;
  readonly hasFrom: boolean;
  readonly hasTo: boolean;
  readonly hasBefore: boolean;
}

/** Some of the runs, as they are found: the table as `r` by an index, and what else they have to be. */
interface RunSource {
  readonly from: string;
  readonly is?: string;
  /** By which table the slots are in their order. Default `r`. */
  readonly place?: 'r' | 't';
  /** Whether the index does not have them in their order: there are few, and they are sorted. */
  readonly isUnordered?: boolean;
}

/** Where one kind of database finds runs, the latest slot first, and how it says that one comes after another. */
export interface RunSources {
  readonly table: string;
  /** Those of one job; where its index has them by how far they are, those in any of `states`. */
  readonly ofJob: RunSource | ((states: readonly number[] | null) => readonly RunSource[]);
  /** Those of any of `states`, which may be all. */
  readonly any: (states: readonly number[] | null) => readonly RunSource[];
  /** Queued and running. */
  readonly unfinished: RunSource;
  /** In a state that few runs end in: all but `succeeded`. */
  readonly rare: (state: number) => RunSource;
  /** By their tags, of which the first is given: the table of these is `t`. */
  readonly tagged: RunSource;
  /** That table. */
  readonly tags: string;
  /** That the position in a table is below `before_at`, `before_seq`. */
  readonly isBefore: (place: string) => string;
  /** What joins two tables in the order in which they are written. */
  readonly join: string;
}

/**
 * Along an index, the latest slot first, so that it costs what is listed, however long the history: most runs have
 * succeeded, and those in other states have indexes of their own. What is found by several is put together by its keys.
 */
export function runList(shape: RunListShape, sources: RunSources): string {
  const { table, tags, isBefore, join } = sources;
  const tagNames = Array.from({ length: shape.tags }, (_, i) => tagName(i));
  const select = (columns: string, { from, is, place = 'r', isUnordered }: RunSource) =>
    `SELECT ${columns} FROM ${from} ${where([
      is ?? false,
      shape.hasJobId && 'r.job_id = :job_id',
      ...tagNames.map((name, i) => (i === 0 && place === 't' ? `t.tag = :${name}` : hasTag(tags, name))),
      shape.hasFrom && `${place}.scheduled_at >= :from`,
      shape.hasTo && `${place}.scheduled_at <= :to`,
      shape.hasBefore && isBefore(place),
    ])} ORDER BY ${place}.scheduled_at${isUnordered ? ' + 0' : ''} DESC, ${place}.seq DESC LIMIT :limit`;
  const found = sourcesOf(shape, sources);
  const [only] = found;
  if (only && found.length === 1) return select('r.*', only);
  const parts = found.map((source, i) => `SELECT * FROM (${select('r.scheduled_at, r.seq', source)}) AS part_${i}`);
  return `SELECT r.* FROM (SELECT seq FROM (${parts.join(' UNION ALL ')}) AS found
      ORDER BY scheduled_at DESC, seq DESC LIMIT :limit) AS page
    ${join} ${table} AS r ON r.seq = page.seq ORDER BY r.scheduled_at DESC, r.seq DESC`;
}

/** How the i-th tag of a list is called as a parameter. */
export function tagName(i: number): string {
  return `tag_${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}`;
}

/** Looked up by its key for each run, one after the other. Of `EXISTS` some databases make a join, in an order of their own. */
function hasTag(tags: string, name: string): string {
  return `(SELECT count(*) FROM ${tags} AS o WHERE o.tag = :${name} AND o.scheduled_at = r.scheduled_at AND o.seq = r.seq) = 1`;
}

function sourcesOf({ hasJobId, states, tags }: RunListShape, sources: RunSources): readonly RunSource[] {
  const { ofJob } = sources;
  if (hasJobId) return typeof ofJob === 'function' ? ofJob(states) : [within(states, ofJob)];
  const isCommon = !states || states.includes(SUCCEEDED);
  if (isCommon && tags > 0) return [within(states, sources.tagged)];
  if (isCommon) return sources.any(states);
  const unfinished = states.filter((state) => state === QUEUED || state === RUNNING);
  const rare = states.filter((state) => state > SUCCEEDED).map((state) => sources.rare(state));
  return unfinished.length > 0 ? [among(unfinished, sources.unfinished), ...rare] : rare;
}

/** Those of a source that are in one of the states, if there are any to be in. */
export function within(states: readonly number[] | null, source: RunSource): RunSource {
  return states ? among(states, source) : source;
}

/** Those of a source that are in one of the states. */
export function among(states: readonly number[], source: RunSource): RunSource {
  const isAmong = `r.state IN (${states.join(', ')})`;
  return { ...source, is: source.is === undefined ? isAmong : `${source.is} AND ${isAmong}` };
}
