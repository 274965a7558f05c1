import { once } from 'node:events';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { compiled } from '../../support/compiled.js';

/** A program of `programs/` in a process of its own. */
export class Child {
  readonly messages: Record<string, unknown>[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #listeners = new Set<() => void>();
  #errors = '';
  #hasExited = false;

  constructor(program: string, ...args: string[]) {
    this.#process = spawn(process.execPath, [compiled(`test/stores/typeorm/programs/${program}.ts`), ...args]);
    this.#process.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.messages.push(JSON.parse(line) as Record<string, unknown>);
      for (const listener of this.#listeners) listener();
    });
    this.#process.on('close', () => {
      this.#hasExited = true;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Everything the child has told under this name. */
  told(name: string): unknown[] {
    return this.messages.filter((message) => name in message).map((message) => message[name]);
  }

  /** Resolves when the child has told `count` messages of this name. */
  async toTell(name: string, count = 1): Promise<void> {
    while (this.told(name).length < count) {
      if (this.#hasExited) throw new Error(`The child ended without telling "${name}". ${this.#errors}`);
      await this.#change();
    }
  }

  go(): void {
    this.#process.stdin.write('go\n');
  }

  /** Lets one go on that has stopped. */
  resume(): void {
    this.#process.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    while (!this.#hasExited) await this.#change();
  }

  async exit(): Promise<void> {
    if (!this.#hasExited) await once(this.#process, 'close');
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const listener = () => {
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
    });
  }
}
