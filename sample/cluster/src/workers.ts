import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Worker processes by name. One that dies is started again, as a process manager would do. */
export class Workers {
  /** How often one has died. */
  deaths = 0;
  readonly #processes = new Map<string, ChildProcess>();
  #isStopping = false;

  /** Starts a process; resolves when it is up. */
  async start(name: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const child = fork(process.argv[1] as string, [], {
      env: { ...process.env, ...env, NODE_NAME: name },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#processes.set(name, child);
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      console.log(`${name.padEnd(7)} ${line}`);
    });
    child.once('exit', (_code, signal) => {
      if (this.#isStopping || signal !== 'SIGKILL') return;
      this.deaths++;
      void this.start(name, env);
    });
    await Promise.race([once(child, 'message'), once(child, 'exit')]);
  }

  /** From now on nobody dies. */
  calm(): void {
    for (const child of this.#processes.values()) if (child.connected) child.send('calm');
  }

  /** Lets each end what it is at. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const running = [...this.#processes.values()].filter(
      (child) => child.exitCode === null && child.signalCode === null,
    );
    await Promise.all(
      running.map((child) => {
        child.kill('SIGTERM');
        return once(child, 'exit');
      }),
    );
  }
}
