import { StoreBusyError, StoreUnavailableError } from '../../store-errors.js';
import { follow, type Query, type Row, type RowsQuery, type Script, type ScriptFactory } from '../script.js';
import type { ServerClient, ServerProtocol } from '../drivers/server-client.js';
import type { ScriptTransaction, WriteOptions } from '../drivers/store-connection.js';
import type { CallerTransaction } from './caller-transaction.js';

const SAVEPOINT = 'scheduler_change';

/** Others may insert the same ids at the same time; each attempt knows more of them. */
const LONGEST_RACE = 5;

export interface ServerTransactionParts {
  readonly alias: string;
  readonly client: ServerClient;
  readonly protocol: ServerProtocol;
  readonly transaction: CallerTransaction;
  /** Asks a query of a script. */
  readonly ask: (query: Query | RowsQuery) => Promise<readonly Row[]>;
}

/** Scripts in a transaction of the caller's on a database server, each in a savepoint of its own. */
export class ServerTransaction implements ScriptTransaction {
  readonly #parts: ServerTransactionParts;

  constructor(parts: ServerTransactionParts) {
    this.#parts = parts;
  }

  read<T>(script: ScriptFactory<T>): Promise<T> {
    return this.#inTurn(async (client) => follow(script(await client.now()), this.#parts.ask));
  }

  write<T>(
    script: (now: number, attempt: number) => Script<T>,
    { isNews = () => false }: WriteOptions<T> = {},
  ): Promise<T> {
    return this.#inTurn(async (client) => {
      for (let attempt = 0; ; attempt++) {
        try {
          return await this.#inSavepoint(client, async () => {
            const result = await follow(script(await client.now(), attempt), this.#parts.ask);
            if (isNews(result)) await client.announce();
            return result;
          });
        } catch (error) {
          if (!this.#parts.protocol.isDuplicate(error) || attempt >= LONGEST_RACE) throw error;
        }
      }
    });
  }

  whenCommitted(then: () => void): void {
    this.#parts.transaction.whenCommitted(then);
  }

  async #inSavepoint<T>(client: ServerClient, work: () => Promise<T>): Promise<T> {
    await client.query(`SAVEPOINT ${SAVEPOINT}`, []);
    try {
      const result = await work();
      await client.query(`RELEASE SAVEPOINT ${SAVEPOINT}`, []);
      return result;
    } catch (error) {
      await this.#rollBack(client, error);
      throw error;
    }
  }

  async #rollBack(client: ServerClient, cause: unknown): Promise<void> {
    if (this.#parts.protocol.faultOf(cause) === 'disconnected') return;
    try {
      await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`, []);
    } catch {
      // A deadlock has ended the whole transaction, with its savepoints: the caller is told of the deadlock.
    }
  }

  #inTurn<T>(work: (client: ServerClient) => Promise<T>): Promise<T> {
    const { alias, transaction, client, protocol } = this.#parts;
    return transaction.inTurn(async () => {
      try {
        return await work(client);
      } catch (error) {
        throw callerError(alias, protocol, error);
      }
    });
  }
}

/** What the caller of a transaction is told of an error: it is his to end it. */
export function callerError(alias: string, protocol: ServerProtocol, cause: unknown): unknown {
  const fault = protocol.faultOf(cause);
  if (fault === null) return cause;
  const what = `Store "${alias}": ${(cause as Error).message}`;
  if (fault !== 'conflict') return new StoreUnavailableError(`${what}. Roll the transaction back.`, { cause });
  return new StoreBusyError(
    `${what}. Another transaction has changed the same jobs, or holds them: roll yours back and repeat all of it.`,
    { cause },
  );
}
