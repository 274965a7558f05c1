import type { QueryRunner } from 'typeorm';
import type { Row } from '../script.js';
import type { PositionalValue } from './positional-sql.js';
import { LONGEST_LOCK_WAIT_S, LONGEST_STANDSTILL_S } from './limits.js';
import { PreparedStatements } from './prepared-statements.js';
import { driverError, type Fault, type ServerClient, type ServerProtocol } from './server-client.js';

/** What we use of `pg`'s client. */
export interface PgClient {
  query(query: PgQuery | string): Promise<PgResult>;
}

interface PgQuery {
  /** Of a prepared statement. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly PositionalValue[];
  readonly types?: { getTypeParser(oid: number): (text: string) => unknown };
}

interface PgResult {
  readonly rows: Row[];
}

const INT2 = 21;
const INT4 = 23;
const INT8 = 20;
const NUMBERS: readonly number[] = [INT2, INT4, INT8];

/** All our columns are numbers that fit a double, or texts: whatever parsers the application has set play no part. */
const types = {
  getTypeParser: (oid: number) => (NUMBERS.includes(oid) ? Number : String),
};

/** `statement_timestamp` is the same within a statement, so that an index can be searched by it. */
const CLOCK = '(extract(epoch FROM statement_timestamp()) * 1000)::bigint AS now';

const UNIQUE_VIOLATION = '23505';
/**
 * For the transaction only: the connection may be the application's, or a pooler may give it to somebody else next. The
 * isolation is named because the server's default may be another.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL idle_in_transaction_session_timeout = '${LONGEST_STANDSTILL_S}s';
  SET LOCAL lock_timeout = '${LONGEST_LOCK_WAIT_S}s'; SELECT ${CLOCK}`;

/** Serialization failure, deadlock, lock not available, unique violation. */
const CONFLICTS: readonly unknown[] = ['40001', '40P01', '55P03', UNIQUE_VIOLATION];
/** The server shuts down, has crashed, or is not up yet; too many connections; the transaction sat idle for too long. */
const DISCONNECTS: readonly unknown[] = ['57P01', '57P02', '57P03', '57P05', '53300', '25P03'];
const NETWORK: readonly unknown[] = [
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
];

export class PostgresProtocol implements ServerProtocol {
  readonly placeholders = 'numbered';
  readonly channel: string;
  /**
   * Whether connections lead to one and the same session for as long as they last: a pooler may give each transaction to
   * another one, which does not know what was prepared. Nobody knows until somebody has found out.
   */
  keepsSessions: () => boolean = () => false;
  readonly #prepared = new PreparedStatements();

  constructor(channel: string) {
    this.channel = channel;
  }

  async client(runner: QueryRunner): Promise<ServerClient> {
    const prepared = this.keepsSessions() ? this.#prepared : null;
    return new PostgresClient((await runner.connect()) as PgClient, this.channel, prepared);
  }

  /** What is set lasts as long as a transaction that is begun here. */
  guest(runner: QueryRunner): Promise<ServerClient> {
    return this.client(runner);
  }

  faultOf(error: unknown): Fault {
    const { code, message = '' } = driverError(error);
    if (CONFLICTS.includes(code)) return 'conflict';
    if (DISCONNECTS.includes(code) || NETWORK.includes(code)) return 'disconnected';
    if (typeof code === 'string' && code.startsWith('08')) return 'disconnected';
    // The driver's own words carry no code.
    if (/connection (terminated|ended|error)|not queryable|timeout exceeded when trying to connect/i.test(message)) {
      return 'disconnected';
    }
    return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? 'refused' : null;
  }

  isDuplicate(error: unknown): boolean {
    return driverError(error).code === UNIQUE_VIOLATION;
  }

  async destroy(runner: QueryRunner, error: Error): Promise<void> {
    const { releasePostgresConnection } = runner as { releasePostgresConnection?: (error: Error) => Promise<void> };
    // Given an error, the pool drops the connection.
    await releasePostgresConnection?.call(runner, error);
  }
}

/** When each connection last answered: the objects here live only as long as somebody uses one. */
const lastAnswers = new WeakMap<PgClient, number>();

class PostgresClient implements ServerClient {
  readonly #client: PgClient;
  readonly #channel: string;
  readonly #prepared: PreparedStatements | null;

  constructor(client: PgClient, channel: string, prepared: PreparedStatements | null) {
    this.#client = client;
    this.#channel = channel;
    this.#prepared = prepared;
  }

  /** All of it is one round trip. */
  async begin(): Promise<number> {
    const answers = (await this.#client.query(BEGIN)) as unknown as readonly PgResult[];
    return Number(answers.at(-1)?.rows[0]?.['now']);
  }

  async now(): Promise<number> {
    const [row] = await this.query(`SELECT ${CLOCK}`, []);
    return Number(row?.['now']);
  }

  async query(text: string, values: readonly PositionalValue[], isPrepared = false): Promise<readonly Row[]> {
    const query = { text, values, types };
    const rows =
      isPrepared && this.#prepared
        ? await this.#prepared.ask(this.#client, query)
        : (await this.#client.query(query)).rows;
    lastAnswers.set(this.#client, performance.now());
    return rows;
  }

  get idleMs(): number {
    return performance.now() - (lastAnswers.get(this.#client) ?? -Infinity);
  }

  async commit(news: string | null): Promise<void> {
    const notify = news === null ? '' : `SELECT pg_notify('${this.#channel}', '${news}'); `;
    await this.#client.query(`${notify}COMMIT`);
  }

  async hidingIsolation(): Promise<string | null> {
    const [row] = await this.query(`SELECT current_setting('transaction_isolation') AS level`, []);
    const level = String(row?.['level']);
    return /^read (un)?committed$/.test(level) ? null : level.toUpperCase();
  }

  /** By nobody's name: this process, too, has to look. */
  async announce(): Promise<void> {
    await this.#client.query(`SELECT pg_notify('${this.#channel}', 'transaction')`);
  }

  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK');
  }
}
