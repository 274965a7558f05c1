import { spawn, type ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import type { ServerType } from '../../stores/typeorm/server-tables.js';

const run = promisify(execFile);

/** How one kind of server is set up and started. Programs are names, `user` is who may run them instead of root. */
interface Kind {
  readonly user: string;
  readonly folders: () => readonly string[];
  readonly install: { readonly program: string; args(data: string): readonly string[] };
  readonly server: { readonly program: string; args(data: string, port: number): readonly string[] };
  /** Has the server close what was idle for so many seconds. */
  idleLimit(seconds: number): readonly string[];
  urlOf(port: number, database: string): string;
  readonly firstDatabase: string;
}

const KINDS: Readonly<Record<ServerType, Kind>> = {
  postgres: {
    user: 'postgres',
    folders: () => versions('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`),
    install: {
      program: 'initdb',
      args: (data) => ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-instructions'],
    },
    server: {
      program: 'postgres',
      args: (data, port) => ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', data],
    },
    idleLimit: (seconds) => ['-c', `idle_session_timeout=${seconds}s`],
    urlOf: (port, database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    firstDatabase: 'postgres',
  },
  mysql: {
    user: 'mysql',
    folders: () => [],
    install: {
      program: 'mariadb-install-db',
      args: (data) => [
        '--no-defaults',
        `--datadir=${data}`,
        `--tmpdir=${data}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
    },
    server: {
      program: 'mariadbd',
      args: (data, port) => [
        '--no-defaults',
        `--datadir=${data}`,
        // At its start it deletes what looks like its own in there, also that of another server which is at work.
        `--tmpdir=${data}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(data, 'socket')}`,
        `--pid-file=${join(data, 'pid')}`,
        '--innodb-buffer-pool-size=16M',
        '--skip-name-resolve',
      ],
    },
    idleLimit: (seconds) => [`--wait-timeout=${seconds}`],
    urlOf: (port, database) => `mysql://root@127.0.0.1:${port}/${database}`,
    firstDatabase: 'mysql',
  },
};

const isRequired = process.env['CI'] === 'true' || process.env['TEST_REQUIRE_SERVICES'] === '1';

/** A database server of one test's own, which it may kill. */
export class PrivateServer {
  readonly url: string;
  readonly #kind: Kind;
  readonly #folder: string;
  readonly #port: number;
  readonly #moreArgs: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(kind: Kind, folder: string, port: number, moreArgs: readonly string[]) {
    this.#kind = kind;
    this.#moreArgs = moreArgs;
    this.#folder = folder;
    this.#port = port;
    this.url = kind.urlOf(port, 'test');
  }

  /** Whether its programs are installed. With `CI=true` they have to be. */
  static isThere(type: ServerType): boolean {
    const { install, server } = KINDS[type];
    const missing = [install.program, server.program].filter((program) => pathOf(KINDS[type], program) === null);
    if (missing.length > 0 && isRequired) throw new Error(`${missing.join(', ')} not found, and tests need it here.`);
    return missing.length === 0;
  }

  static async create(type: ServerType, { idleLimitS }: { idleLimitS?: number } = {}): Promise<PrivateServer> {
    const kind = KINDS[type];
    const folder = mkdtempSync(join(tmpdir(), 'scheduler-server-'));
    if (isRoot()) await run('chown', [kind.user, folder]);
    else chmodSync(folder, 0o700);
    const moreArgs = idleLimitS === undefined ? [] : kind.idleLimit(idleLimitS);
    const server = new PrivateServer(kind, folder, await freePort(), moreArgs);
    const [program, args] = server.#command(kind.install.program, kind.install.args(folder));
    await run(program, args);
    await server.start();
    const admin = await new DataSource({ type, url: kind.urlOf(server.#port, kind.firstDatabase) }).initialize();
    await admin.query('CREATE DATABASE test');
    await admin.destroy();
    return server;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { server } = this.#kind;
    const [program, args] = this.#command(server.program, [
      ...server.args(this.#folder, this.#port),
      ...this.#moreArgs,
    ]);
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = started;
    let told = '';
    await new Promise<void>((resolve, reject) => {
      started.stderr?.on('data', (data: Buffer) => {
        told += data.toString();
        if (/ready (to accept|for) connections/.test(told)) resolve();
      });
      started.on('exit', (code) => reject(new Error(`${program} ended with ${code}: ${told}`)));
    });
  }

  /** As a crash does: nobody is told anything. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    // PostgreSQL ends its other processes when it is asked to be quick about it; killed, it would leave them behind.
    running.kill(this.#kind === KINDS.postgres ? 'SIGQUIT' : 'SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Neither server runs as root. `setpriv` becomes the program, so that signals reach it. */
  #command(program: string, args: readonly string[]): [string, string[]] {
    const path = pathOf(this.#kind, program);
    if (path === null) throw new Error(`${program} is not installed.`);
    if (!isRoot()) return [path, [...args]];
    const { user } = this.#kind;
    return ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', path, ...args]];
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function pathOf(kind: Kind, program: string): string | null {
  const folders = [...kind.folders(), ...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

/** The newest first. */
function versions(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted((one, other) => Number(other) - Number(one)) : [];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
