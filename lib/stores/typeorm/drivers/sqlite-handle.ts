/** What we use of better-sqlite3's `Database`. `libsql` has the same. */
export interface SqliteHandle {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
}

export interface SqliteStatement {
  /** Whether it answers rows. */
  readonly reader: boolean;
  all(params?: object): unknown[];
  get(params?: object): unknown;
  /** Whether rows are to be lists of values instead of objects. */
  raw(isOn: boolean): this;
  columns(): { readonly name: string }[];
  run(params?: object): { readonly changes: number; readonly lastInsertRowid: number | bigint };
}

/** Whether somebody else's lock is in the way, so that trying again may help. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED') || code === 'SQLITE_PROTOCOL';
}

/** Whether others have written since the transaction began to read: it can only be begun anew. */
export function isOutdated(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_BUSY_SNAPSHOT';
}

/** Whether the database, not our own code or a caller's callback, has thrown this. */
export function isFromSqlite(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_');
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // TypeORM wraps what the driver throws.
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (typeof code === 'string') return code;
  return driverError instanceof Error ? codeOf(driverError) : '';
}
