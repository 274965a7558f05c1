import type { Wiretap } from '../../support/tcp-proxy.js';

const NOTIFICATION = 'A';
const READY = 'Z';
const QUERY = 'Q';

/**
 * What a client sees of PostgreSQL through a pooler in transaction mode: a connection is bound to a process of the
 * server only while a transaction is under way, so it hears a notification only if it comes in the middle of one.
 * Such poolers refuse LISTEN or let it go into the void.
 */
export class TransactionPooler implements Wiretap {
  readonly #kind: 'silent' | 'refusing';
  #isBusy = true;
  #left = Buffer.alloc(0);

  constructor(kind: 'silent' | 'refusing') {
    this.#kind = kind;
  }

  fromClient(chunk: Buffer): Buffer {
    this.#isBusy = true;
    const isListen = String.fromCharCode(chunk[0] ?? 0) === QUERY && chunk.includes('LISTEN');
    // Refused by the server in its place: the message keeps its length.
    return isListen && this.#kind === 'refusing'
      ? Buffer.from(chunk.toString('latin1').replace('LISTEN', 'REFUSE'), 'latin1')
      : chunk;
  }

  fromServer(chunk: Buffer): Buffer {
    this.#left = Buffer.concat([this.#left, chunk]);
    const passed: Buffer[] = [];
    while (this.#left.length >= 5) {
      const length = 1 + this.#left.readUInt32BE(1);
      if (this.#left.length < length) break;
      const message = this.#left.subarray(0, length);
      this.#left = this.#left.subarray(length);
      const type = String.fromCharCode(message[0] as number);
      if (type !== NOTIFICATION || this.#isBusy) passed.push(message);
      if (type === READY) this.#isBusy = false;
    }
    return Buffer.concat(passed);
  }
}
