import type { DataSource } from 'typeorm';
import { SystemClock, type ClockTimer } from '../../../clock.js';
import type { ConnectionContext } from './store-connection.js';

/** What we use of `pg`'s client beside the pool. */
interface ListenClient {
  connect(): Promise<void>;
  query(text: string, values?: readonly string[]): Promise<unknown>;
  end(): Promise<void>;
  unref?(): void;
  on(event: 'notification', listener: (message: { readonly payload?: string }) => void): void;
  on(event: 'error' | 'end', listener: (error?: Error) => void): void;
  removeAllListeners(): void;
}

/** How often it is tested whether notifications come through. */
const TEST_EVERY_MS = 30_000;
/** How long an own notification may take until nobody is believed to hear any. */
const LONGEST_ECHO_MS = 5_000;
const SHORTEST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 20_000;
/** What comes in so short a time is one change to look at. */
const DEBOUNCE_MS = 5;

/** The database goes by it, whatever clock the scheduler was given. */
const realTime = new SystemClock();

export interface ListenerPorts {
  readonly context: ConnectionContext;
  readonly channel: string;
  /** What this session's own notifications say: they are no news. */
  readonly sender: string;
  /** Said once: notifications don't come through, or do again. */
  readonly heard: (isHeard: boolean) => void;
}

/**
 * Listens on a connection of its own, outside the pool. Poolers swallow LISTEN without a word, so the listener talks
 * to itself now and then: whoever does not hear that has to poll.
 */
export class PostgresListener {
  readonly #newClient: () => ListenClient;
  readonly #ports: ListenerPorts;
  #client: ListenClient | null = null;
  #timer: ClockTimer | null = null;
  #news: ClockTimer | null = null;
  #retryMs = SHORTEST_RETRY_MS;
  #isHearing = false;
  #isStopped = false;

  constructor(dataSource: DataSource, ports: ListenerPorts) {
    const { postgres, master } = dataSource.driver as unknown as {
      postgres: { Client: new (options: object) => ListenClient };
      master: { options: object };
    };
    this.#newClient = () => new postgres.Client(master.options);
    this.#ports = ports;
  }

  get isHearing(): boolean {
    return this.#isHearing;
  }

  /** Resolves when the first attempt is over, whatever comes of it. */
  async start(): Promise<void> {
    await this.#connect();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#news?.cancel();
    await this.#drop();
  }

  async #connect(): Promise<void> {
    const client = this.#newClient();
    this.#client = client;
    try {
      client.on('error', () => this.#lose(client));
      client.on('end', () => this.#lose(client));
      client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
      await client.connect();
      if (!this.#ports.context.keepAlive) client.unref?.();
      await client.query(`LISTEN "${this.#ports.channel}"`);
      // Whatever was changed while nobody listened.
      this.#tell();
      await this.#testItself(client);
    } catch {
      this.#lose(client);
    }
  }

  /** Sends to itself what no other session takes for a change. */
  async #testItself(client: ListenClient): Promise<void> {
    if (client !== this.#client) return;
    this.#arm(LONGEST_ECHO_MS, () => this.#setHearing(false));
    await client.query('SELECT pg_notify($1, $2)', [this.#ports.channel, this.#echo]);
  }

  #receive(payload: string): void {
    if (payload === this.#echo) {
      this.#retryMs = SHORTEST_RETRY_MS;
      this.#setHearing(true);
      this.#arm(TEST_EVERY_MS, () => this.#retest());
    } else if (payload !== this.#ports.sender && !payload.startsWith(ECHO)) this.#tell();
  }

  #retest(): void {
    const client = this.#client;
    if (client) this.#testItself(client).catch(() => this.#lose(client));
  }

  /** Changes come in crowds: one look a few milliseconds later sees them all. */
  #tell(): void {
    if (this.#news || this.#isStopped) return;
    const { keepAlive, onForeignWrite } = this.#ports.context;
    const look = (): void => {
      this.#news = null;
      onForeignWrite();
    };
    this.#news = realTime.setTimer(look, DEBOUNCE_MS, { keepAlive });
  }

  #lose(client: ListenClient): void {
    if (client !== this.#client || this.#isStopped) return;
    this.#setHearing(false);
    void this.#drop();
    this.#arm(this.#retryMs, () => void this.#connect());
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (!client) return;
    client.removeAllListeners();
    // One that ends in its own time must not raise an error that nobody hears.
    client.on('error', () => {});
    await client.end().catch(() => {});
  }

  #setHearing(isHearing: boolean): void {
    if (this.#isHearing === isHearing) return;
    this.#isHearing = isHearing;
    this.#ports.heard(isHearing);
  }

  #arm(delayMs: number, then: () => void): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    const { keepAlive } = this.#ports.context;
    this.#timer = realTime.setTimer(then, delayMs, { keepAlive });
  }

  get #echo(): string {
    return `${ECHO}${this.#ports.sender}`;
  }
}

const ECHO = 'echo ';
