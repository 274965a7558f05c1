import type { QueryRunner } from 'typeorm';
import type { Row } from '../script.js';
import type { PositionalValue } from './positional-sql.js';
import { LONGEST_LOCK_WAIT_S, LONGEST_STANDSTILL_S } from './limits.js';
import { driverError, type Fault, type ServerClient, type ServerProtocol } from './server-client.js';

/** What we use of `mysql2`'s pooled connection. */
interface MysqlConnection {
  query(query: MysqlQuery, answered: (error: Error | null, rows: unknown) => void): void;
  destroy(): void;
  readonly config?: MysqlSettings;
}

/** How it gives values. */
interface MysqlSettings {
  readonly bigNumberStrings?: unknown;
  readonly decimalNumbers?: unknown;
  readonly typeCast?: unknown;
}

/** For connections of the store's own, which give numbers as numbers then. */
export const NUMBERS_AS_NUMBERS: MysqlSettings = { bigNumberStrings: false, decimalNumbers: true };

interface MysqlQuery {
  readonly sql: string;
  readonly values?: readonly PositionalValue[];
  readonly typeCast?: (field: MysqlField, next: () => unknown) => unknown;
}

interface MysqlField {
  readonly type: string;
  string(): string | null;
}

const CLOCK = 'SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now';

const DUPLICATE_KEY = 1062;
/** Deadlock, lock wait timeout, duplicate key. */
const CONFLICTS: readonly unknown[] = [1213, 1205, DUPLICATE_KEY];
/** Shutdown in progress, too many connections, connection killed, server gone, lost, host blocked. */
const DISCONNECTS: readonly unknown[] = [1053, 1040, 1927, 2006, 2013, 1129, 1317, 4031];
const NETWORK =
  /^(PROTOCOL_CONNECTION_LOST|PROTOCOL_ENQUEUE_AFTER_(FATAL_ERROR|QUIT)|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOENT)$/;

/** MySQL has nothing like the second. */
const LIMITS = `SET SESSION innodb_lock_wait_timeout = ${LONGEST_LOCK_WAIT_S}`;
const LIMITS_OF_MARIADB = `${LIMITS}, SESSION idle_transaction_timeout = ${LONGEST_STANDSTILL_S}`;

export class MysqlProtocol implements ServerProtocol {
  readonly placeholders = 'question marks';
  readonly channel = null;
  readonly #limits: string | null;
  readonly #limited = new WeakSet<MysqlConnection>();

  private constructor(limits: string | null) {
    this.#limits = limits;
  }

  /** For connections that are the store's own: what it sets stays with them. */
  static own(isMariaDb: boolean): MysqlProtocol {
    return new MysqlProtocol(isMariaDb ? LIMITS_OF_MARIADB : LIMITS);
  }

  /** For connections of the application, whose settings are its own: there are none that end with a transaction. */
  static foreign(): MysqlProtocol {
    return new MysqlProtocol(null);
  }

  async client(runner: QueryRunner): Promise<ServerClient> {
    if (this.#limits === null) return await this.guest(runner);
    const connection = (await runner.connect()) as MysqlConnection;
    const client = new MysqlClient(connection, true);
    if (this.#limited.has(connection)) return client;
    await client.query(this.#limits, []);
    await client.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', []);
    this.#limited.add(connection);
    return client;
  }

  async guest(runner: QueryRunner): Promise<ServerClient> {
    return new MysqlClient((await runner.connect()) as MysqlConnection, false);
  }

  faultOf(error: unknown): Fault {
    const { code, errno, message = '' } = driverError(error);
    if (CONFLICTS.includes(errno)) return 'conflict';
    if (DISCONNECTS.includes(errno) || NETWORK.test(String(code))) return 'disconnected';
    if (/closed state|connection is closed|Pool is closed/i.test(message)) return 'disconnected';
    return typeof errno === 'number' && errno > 0 && String(code).startsWith('ER_') ? 'refused' : null;
  }

  isDuplicate(error: unknown): boolean {
    return driverError(error).errno === DUPLICATE_KEY;
  }

  async destroy(runner: QueryRunner): Promise<void> {
    try {
      ((await runner.connect()) as MysqlConnection).destroy();
    } catch {
      // There is none: it could not even be made.
    }
  }
}

class MysqlClient implements ServerClient {
  readonly #connection: MysqlConnection;
  readonly #reading: Pick<MysqlQuery, 'typeCast'>;

  readonly #isReadCommitted: boolean;

  /** @param isReadCommitted whether that is the level of every transaction on it */
  constructor(connection: MysqlConnection, isReadCommitted: boolean) {
    this.#connection = connection;
    this.#isReadCommitted = isReadCommitted;
    this.#reading = givesNumbers(connection) ? {} : { typeCast };
  }

  /** Under the default level, a look at locked rows would go on seeing what was there when the transaction began. */
  async begin(): Promise<number> {
    if (!this.#isReadCommitted) await this.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED', []);
    await this.query('START TRANSACTION', []);
    return await this.now();
  }

  async now(): Promise<number> {
    const [row] = await this.query(CLOCK, []);
    return Number(row?.['now']);
  }

  query(sql: string, values: readonly PositionalValue[]): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.#connection.query({ sql, values, ...this.#reading }, (error, rows) => {
        if (error) reject(error);
        else resolve(Array.isArray(rows) ? (rows as Row[]) : []);
      });
    });
  }

  /** Every use begins with a transaction, which finds out whether the connection is still there. */
  get idleMs(): number {
    return 0;
  }

  async commit(): Promise<void> {
    await this.query('COMMIT', []);
  }

  /** What takes locks sees all that is committed, under every level. */
  async hidingIsolation(): Promise<null> {
    return null;
  }

  /** MySQL tells nobody of changes. */
  async announce(): Promise<void> {}

  async rollback(): Promise<void> {
    await this.query('ROLLBACK', []);
  }
}

function givesNumbers({ config = {} }: MysqlConnection): boolean {
  const { bigNumberStrings, decimalNumbers, typeCast: ownCast } = config;
  return bigNumberStrings === false && decimalNumbers === true && typeof ownCast !== 'function' && ownCast !== false;
}

/** All our numbers fit a double; the pool's own setting may ask for texts. It costs as much as all other reading of a field. */
function typeCast(field: MysqlField, next: () => unknown): unknown {
  if (field.type !== 'LONGLONG' && field.type !== 'NEWDECIMAL') return next();
  const text = field.string();
  return text === null ? null : Number(text);
}
