import type { DataSource } from 'typeorm';
import { SystemClock, type ClockTimer } from '../../../clock.js';
import { NewsGate } from './news-gate.js';
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

/** The database goes by it, whatever clock the scheduler was given. */
const realTime = new SystemClock();

export interface ListenerPorts {
  readonly context: ConnectionContext;
  readonly channel: string;
  /** What this session's own notifications say: they are no news. */
  readonly sender: string;
  /** Sends a notification on another connection than the listener's. */
  readonly notify: (payload: string) => Promise<unknown>;
  /** Notifications don't come through, though the database answers. */
  readonly unheard: () => void;
}

/**
 * Listens on a connection of its own, outside the pool. Poolers swallow LISTEN without a word, so the listener is sent
 * a word now and then: whoever does not hear that has to poll. It comes by another connection, as the news of others
 * do: what a connection says itself, it hears even where the next statement goes to another process of the server.
 */
export class PostgresListener {
  readonly #newClient: () => ListenClient;
  readonly #ports: ListenerPorts;
  readonly #news: NewsGate;
  #client: ListenClient | null = null;
  #timer: ClockTimer | null = null;
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
    const { keepAlive, onForeignWrite } = ports.context;
    this.#news = new NewsGate(realTime, keepAlive, onForeignWrite);
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
    this.#news.stop();
    await this.#drop();
  }

  async #connect(): Promise<void> {
    const client = this.#newClient();
    this.#client = client;
    let isConnected = false;
    try {
      client.on('error', () => this.#lose(client));
      client.on('end', () => this.#lose(client));
      client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
      await client.connect();
      isConnected = true;
      if (!this.#ports.context.keepAlive) client.unref?.();
      await client.query(`LISTEN "${this.#ports.channel}"`);
      // Whatever was changed while nobody listened.
      this.#news.tell();
      await this.#test();
    } catch (error) {
      if (isConnected && isRefusal(error)) this.#ports.unheard();
      this.#lose(client);
    }
  }

  /** Has itself sent what no other session takes for a change. */
  async #test(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    this.#arm(LONGEST_ECHO_MS, () => {
      this.#isHearing = false;
      this.#ports.unheard();
      this.#arm(TEST_EVERY_MS, () => void this.#test());
    });
    try {
      await this.#ports.notify(this.#echo);
    } catch {
      // The database is away, which others will say: as long as that lasts it is no matter of poolers.
      if (client === this.#client) this.#arm(this.#nextRetryMs, () => void this.#test());
    }
  }

  #receive(payload: string): void {
    if (payload === this.#echo) {
      this.#retryMs = SHORTEST_RETRY_MS;
      this.#isHearing = true;
      this.#arm(TEST_EVERY_MS, () => void this.#test());
    } else if (payload !== this.#ports.sender && !payload.startsWith(ECHO)) this.#news.tell();
  }

  #lose(client: ListenClient): void {
    if (client !== this.#client || this.#isStopped) return;
    this.#isHearing = false;
    void this.#drop();
    this.#arm(this.#nextRetryMs, () => void this.#connect());
  }

  /** Doubled with each. */
  get #nextRetryMs(): number {
    const retryMs = this.#retryMs;
    this.#retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    return retryMs;
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

/** Whether the server, or a pooler before it, has answered with an error instead of ending the connection. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(57P|08)/.test(code);
}
