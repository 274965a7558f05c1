import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, test } from 'vitest';
import { isDeepStrictEqual } from 'node:util';
import { compiled } from '../../support/compiled.js';
import type { TypeOrmJobStoreOptions } from '../../../lib/typeorm.js';
import type { ServerTables } from '../../stores/typeorm/server-tables.js';
import { tamper } from '../../stores/typeorm/open-store.js';
import { SqliteFolder } from '../../stores/typeorm/sqlite-file.js';
import type { ApplicationConfig } from '../programs/support/application.js';
import { query, storedJob, storedRun, type StoredJob, type StoredRun } from './records.js';

/** One JSON line of a program. */
export type Message = Readonly<Record<string, unknown>>;

/** An event as it arrives: instants are text. */
export interface ToldEvent extends Record<string, unknown> {
  readonly type: string;
  readonly jobId?: string;
  readonly runId?: string;
  readonly node: string;
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a program's scheduler has refused. */
export class RemoteError extends Error {
  readonly code: string | undefined;
  readonly retryable: boolean | undefined;

  constructor({ name, message, code, retryable }: Partial<RemoteError>) {
    super(`${name}: ${message}`);
    this.code = code;
    this.retryable = retryable;
  }
}

/** A wait that is longer than this will never end; what the program has told says why. */
const LONGEST_WAIT_MS = 30_000;

/** One life of an application: a program of `programs/` as a process, from its start to its end. */
export class Life {
  readonly messages: Message[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #listeners = new Set<() => void>();
  #errors = '';
  #end: End | null = null;
  #questions = 0;

  constructor(path: string, config: object) {
    this.#process = spawn(process.execPath, [compiled(path), JSON.stringify(config)]);
    this.#process.stdin.on('error', () => undefined);
    this.#process.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.messages.push(JSON.parse(line) as Message);
      this.#tellListeners();
    });
    this.#process.on('close', (code, signal) => {
      this.#end = { code, signal };
      this.#tellListeners();
    });
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  /** What the program has written to its standard error: nothing, unless something is wrong. */
  get errors(): string {
    return this.#errors;
  }

  /** All it has told under this name. */
  told(name: string): unknown[] {
    return this.messages.filter((message) => name in message).map((message) => message[name]);
  }

  events(type: string, like: object = {}): ToldEvent[] {
    return (this.told('event') as ToldEvent[]).filter((event) => event.type === type && isLike(event, like));
  }

  /** The first event of this type that looks so, the `count`th if one is given; waits for it. */
  event(type: string, like: object = {}, count = 1): Promise<ToldEvent> {
    return this.until(`${type} ${JSON.stringify(like)}`, () => this.events(type, like)[count - 1]);
  }

  /** Waits until it has told something under this name, `count` times. */
  tells(name: string, like: object | string = {}, count = 1): Promise<unknown> {
    const found = () => this.told(name).filter((one) => isLike(one, like));
    return this.until(`${name} ${JSON.stringify(like)}`, () => found()[count - 1]);
  }

  /** Waits until `find` answers something, looking again at every line that the program writes. */
  async until<T>(what: string, find: () => T | undefined | null | false): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#tellListeners();
    }, LONGEST_WAIT_MS);
    try {
      for (;;) {
        const found = find();
        if (found !== undefined && found !== null && found !== false) return found;
        if (this.#end || isLate) throw new Error(this.#complaint(what));
        await this.#change();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when it tells anything, or ends. */
  says(): Promise<void> {
    return this.#change();
  }

  /** Calls a method of the program's `SchedulerService`, or one of the verbs that programs know beside them. */
  async ask<T = unknown>(verb: string, ...args: readonly unknown[]): Promise<T> {
    const answer = await this.answerTo(this.send(verb, ...args));
    if (answer.error) throw new RemoteError(answer.error);
    return answer.value as T;
  }

  /** Asks without waiting. */
  send(verb: string, ...args: readonly unknown[]): number {
    const ask = ++this.#questions;
    this.say(JSON.stringify({ ask, verb, args }));
    return ask;
  }

  answerTo(ask: number): Promise<{ value?: unknown; error?: Partial<RemoteError> }> {
    return this.until(`an answer to question ${ask}`, () => this.messages.find((message) => message['answer'] === ask));
  }

  say(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#end) this.#process.kill(signal);
  }

  /** Sends a signal, if one is given, and waits for the end. */
  async end(signal?: NodeJS.Signals): Promise<End> {
    if (signal) this.signal(signal);
    if (!this.#end) await once(this.#process, 'close');
    return this.#end as unknown as End;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const listener = (): void => {
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
    });
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener();
  }

  #complaint(what: string): string {
    const how = this.#end
      ? `ended (${JSON.stringify(this.#end)}) without`
      : `has not come, in ${LONGEST_WAIT_MS} ms, to`;
    const last = this.messages.slice(-20).map((message) => JSON.stringify(message).slice(0, 250));
    return [`The program ${how}: ${what}. It told:`, ...last, this.#errors].join('\n');
  }
}

/** Whether `value` has all that `like` has. */
function isLike(value: unknown, like: object | string): boolean {
  if (typeof like === 'string') return value === like || (typeof value === 'string' && value.startsWith(`${like}@`));
  const object = value as Record<string, unknown> | null;
  return Object.entries(like).every(([key, expected]) => isDeepStrictEqual(object?.[key], expected));
}

/** What programs take; some take more. */
export type ProgramConfig = Partial<ApplicationConfig> & Readonly<Record<string, unknown>>;

/** What our tables are called. */
type Tables = Readonly<Record<'job' | 'run' | 'node', string>>;

const TABLES: Tables = { job: 'scheduler_job', run: 'scheduler_run', node: 'scheduler_node' };

/** Starts programs on one database, and ends those that are left when it is closed. */
export class Lives {
  readonly #server: ServerTables | null;
  #folder: SqliteFolder | null = null;
  readonly #started: Life[] = [];

  /** @param server whose tables they use, and which are dropped in the end. Default: a file */
  constructor(server: ServerTables | null = null) {
    this.#server = server;
  }

  /** One database for all tests of this `describe`. */
  static shared(server: ServerTables | null = null): Lives {
    const lives = new Lives(server);
    beforeAll(() => lives.open());
    afterAll(() => lives.close());
    return lives;
  }

  /** Where the programs keep their jobs. */
  get store(): TypeOrmJobStoreOptions {
    return this.#server?.options ?? { type: 'better-sqlite3', database: this.database };
  }

  /** The file of those that use no server. */
  get database(): string {
    return this.file('jobs.sqlite');
  }

  /** The runs on record, in the order of recording. */
  async runs(jobId?: string): Promise<StoredRun[]> {
    const runs = (await this.#rows('run')).map(storedRun).sort((one, other) => one.seq - other.seq);
    return jobId === undefined ? runs : runs.filter((run) => run.jobId === jobId);
  }

  async jobs(): Promise<StoredJob[]> {
    return (await this.#rows('job')).map(storedJob).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The ids of the nodes that have a lease, or had one. */
  async nodes(): Promise<string[]> {
    return (await this.#rows('node')).map((row) => String(row['id']));
  }

  /** Asks the database, past all code of ours. */
  async query<Row>(sqlOf: (tables: Tables) => string): Promise<Row[]> {
    if (this.#server) return await this.#server.query(sqlOf(this.#server.names));
    return query(this.database, sqlOf(TABLES));
  }

  /** Changes the database, past all code of ours. */
  async change(sqlOf: (tables: Tables) => string): Promise<void> {
    if (this.#server) await this.#server.query(sqlOf(this.#server.names));
    else tamper(this.database, sqlOf(TABLES));
  }

  file(name: string): string {
    return (this.#folder as SqliteFolder).file(name);
  }

  /** Starts a file of `test/e2e/programs/`, a `.ts` unless it says otherwise, without waiting for it. */
  begin(program: string, config: ProgramConfig = {}): Life {
    const file = extname(program) === '' ? `${program}.ts` : program;
    const life = new Life(`test/e2e/programs/${file}`, { store: this.store, ...config });
    this.#started.push(life);
    return life;
  }

  /** Starts a program and waits until its application is up. */
  async start(program: string, config: ProgramConfig = {}): Promise<Life> {
    const life = this.begin(program, config);
    await life.tells('up');
    return life;
  }

  open(): void {
    this.#folder = new SqliteFolder();
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((life) => life.end('SIGKILL')));
    this.#folder?.remove();
    await this.#server?.drop();
  }

  #rows(table: keyof Tables): Promise<Record<string, unknown>[]> {
    return this.query((tables) => `SELECT * FROM ${tables[table]}`);
  }
}

/** A test that has a database file of its own, so that several may run at the same time: `async ({ lives }) => …`. */
export const it = test.extend<{ lives: Lives }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern what a fixture needs
  lives: async ({}, use) => {
    const lives = new Lives();
    lives.open();
    await use(lives);
    await lives.close();
  },
});
