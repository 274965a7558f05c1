export type SqlValue = string | number | null;

/** Values by name: `:id` in the SQL text stands for `params.id`. */
export type SqlParams = Readonly<Record<string, SqlValue>>;

/** A statement with its values. */
export interface Query {
  readonly sql: string;
  readonly params: SqlParams;
  /** Asked on another connection than the transaction's: sees what others have committed, and nothing of its own. */
  readonly isOutside?: boolean;
}

/** A statement for each of many rows. Who runs it gives them one by one or together, as its dialect expects them. */
export interface RowsQuery {
  readonly sql: string;
  /** Gone through once. */
  readonly rows: Iterable<SqlParams>;
}

/** A row as a driver answers it. What somebody else wrote may be of any type: only the codecs look into it. */
export type Row = Readonly<Record<string, SqlValue>>;

/**
 * What happens within one transaction: it yields queries, gets their rows and returns its result. Who runs it decides
 * how: SQLite's driver within one tick, since another flow of this process must not get between; a driver with a
 * connection per transaction awaits each query. The rules are the same for both, and stand in one place.
 */
export type Script<T> = Generator<Query | RowsQuery, T, readonly Row[]>;

/** Makes a script; it is made anew whenever the transaction has to be repeated. */
export type ScriptFactory<T> = (now: number) => Script<T>;

/** Runs a script whose every query is awaited. */
export async function follow<T>(
  script: Script<T>,
  ask: (query: Query | RowsQuery) => Promise<readonly Row[]>,
): Promise<T> {
  let step = script.next([]);
  while (!step.done) step = script.next(await ask(step.value));
  return step.value;
}

/** One query, its rows believed to be of the given shape. */
export function* ask<R>(sql: string, params: SqlParams = {}): Script<readonly R[]> {
  return (yield { sql, params }) as readonly unknown[] as readonly R[];
}

/** Has the queries of a script asked outside the transaction. */
export function* outside<T>(script: Script<T>): Script<T> {
  let step = script.next([]);
  while (!step.done) {
    const query = step.value;
    step = script.next(yield 'rows' in query ? query : { ...query, isOutside: true });
  }
  return step.value;
}

/** One query of which at most one row is wanted. */
export function* askOne<R>(sql: string, params: SqlParams = {}): Script<R | null> {
  const rows = yield* ask<R>(sql, params);
  return rows[0] ?? null;
}

/**
 * A query that takes a list as JSON, in pieces: a list of any length costs memory for one piece at a time. With an
 * empty list nothing is asked.
 */
export function* askInPieces<R>(
  sql: string,
  name: string,
  list: readonly (string | number)[],
  params: SqlParams = {},
): Script<readonly R[]> {
  if (list.length === 0) return [];
  if (list.length <= PIECE) return yield* ask<R>(sql, { ...params, [name]: JSON.stringify(list) });
  const all: R[] = [];
  for (let start = 0; start < list.length; start += PIECE) {
    const piece = JSON.stringify(list.slice(start, start + PIECE));
    for (const row of yield* ask<R>(sql, { ...params, [name]: piece })) all.push(row);
  }
  return all;
}

const PIECE = 500;

/**
 * A statement for each of the rows, of which there may be none. Answers what the statement answers for them; on SQLite
 * one that answers nothing is answered by the `rowid` of what was inserted last, and how many rows it `changes`.
 */
export function* askEach<R = never>(sql: string, rows: readonly SqlParams[]): Script<readonly R[]> {
  if (rows.length === 0) return [];
  return (yield { sql, rows }) as readonly unknown[] as readonly R[];
}

/** As {@link askEach}, for many: each row is made as late as it can be, while the database works on those before it. */
export function* askForEach<T>(sql: string, items: readonly T[], rowOf: (item: T) => SqlParams): Script<void> {
  if (items.length > 0) yield { sql, rows: mapped(items, rowOf) };
}

function* mapped<T, R>(items: readonly T[], map: (item: T) => R): Iterable<R> {
  for (const item of items) yield map(item);
}
