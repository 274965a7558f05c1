import type { QueryRunner } from 'typeorm';
import type { Row } from '../script.js';
import type { PositionalValue } from './positional-sql.js';

/** One connection to a database server, for as long as somebody has taken it out of its pool. */
export interface ServerClient {
  /** Begins a transaction and answers the database's clock. */
  begin(): Promise<number>;
  /** The database's clock. */
  now(): Promise<number>;
  /** @param isPrepared whether the server is to keep the statement in mind, where it can */
  query(text: string, values: readonly PositionalValue[], isPrepared?: boolean): Promise<readonly Row[]>;
  /** @param news told to the other sessions once the transaction is over, where the database can do that */
  commit(news: string | null): Promise<void>;
  /** The isolation of the transaction under way, if it hides what others commit meanwhile from all that we could ask. */
  hidingIsolation(): Promise<string | null>;
  /** Has the other sessions told once the transaction is over, be it a caller's, where the database can do that. */
  announce(): Promise<void>;
  rollback(): Promise<void>;
  /** How long ago the connection last answered, by the monotonic clock. */
  readonly idleMs: number;
}

/** What an error of the driver means for the transaction it came from. */
export type Fault =
  /** Somebody else was faster or in the way: nothing is written, the transaction may be repeated. */
  | 'conflict'
  /** The connection is gone. Before the commit was sent nothing is written; after it, nobody knows. */
  | 'disconnected'
  /** The database has refused the statement. */
  | 'refused'
  /** It does not come from the database at all. */
  | null;

/** How one kind of database server is spoken to. */
export interface ServerProtocol {
  readonly placeholders: 'numbered' | 'question marks';
  /** Of the notifications, where the database has them. */
  readonly channel: string | null;
  /** The client behind a query runner, which is connected. */
  client(runner: QueryRunner): Promise<ServerClient>;
  /** The client behind the query runner of a caller's transaction, on whose connection nothing is set. */
  guest(runner: QueryRunner): Promise<ServerClient>;
  faultOf(error: unknown): Fault;
  /** Whether it is the `conflict` with a row of the same key: others were faster to insert it. */
  isDuplicate(error: unknown): boolean;
  /** Gives a connection back that nobody must get again. */
  destroy(runner: QueryRunner, error: Error): Promise<void>;
}

/** What the driver threw: TypeORM wraps it. */
export function driverError(error: unknown): { readonly code?: unknown; readonly errno?: unknown; message?: string } {
  const { driverError: inner } = (error ?? {}) as { driverError?: unknown };
  return inner ?? error ?? {};
}
