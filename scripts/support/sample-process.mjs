// Builds a sample and runs it as a process of its own, whose output can be waited for.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const root = resolve(import.meta.dirname, '..', '..');
const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');

/** What `nest start <sample>` does before it runs the sample. */
export function build(sample) {
  const { status } = spawnSync(process.execPath, [nest, 'build', sample], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`nest build ${sample} failed.`);
}

export function freePort() {
  return new Promise((found, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

export class SampleProcess {
  /** All that has been printed, line by line, standard output and standard error alike. */
  lines = [];
  #child;
  #ended;
  #isOwnGroup;
  #name;
  #waiting = new Set();

  constructor(name, args, { env = {}, onLine, isOwnGroup = false } = {}) {
    this.#name = name;
    this.#isOwnGroup = isOwnGroup;
    this.#child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: isOwnGroup,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        onLine?.(line);
        for (const look of this.#waiting) look();
      });
    }
    this.#ended = new Promise((end) => this.#child.on('close', (code, signal) => end({ code, signal })));
    // Whatever ends this process must not leave a server behind.
    const kill = () => this.signal('SIGKILL');
    process.once('exit', kill);
    void this.#ended.then(() => process.off('exit', kill));
  }

  /** A sample that has been built. */
  static run(sample, options) {
    const main = join(root, 'sample', sample, 'dist', 'sample', sample, 'src', 'main.js');
    return new SampleProcess(sample, [main], options);
  }

  /** `nest start <sample>`, in a process group of its own: a terminal sends Ctrl-C to the group, and so does `signal`. */
  static nestStart(sample, options) {
    return new SampleProcess(`nest start ${sample}`, [nest, 'start', sample], { ...options, isOwnGroup: true });
  }

  get text() {
    return this.lines.join('\n');
  }

  /** The first line that matches, from the first one printed. */
  line(pattern, timeoutMs = 20_000) {
    return new Promise((found, failed) => {
      const timer = setTimeout(
        () => give(new Error(`${this.#name} did not print ${pattern} in ${timeoutMs} ms`)),
        timeoutMs,
      );
      const give = (error) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        if (error) failed(new Error(`${error.message}:\n${this.text}`));
      };
      const look = () => {
        const line = this.lines.find((one) => pattern.test(one));
        if (line === undefined) return;
        give();
        found(line);
      };
      this.#waiting.add(look);
      void this.#ended.then(() => this.#waiting.has(look) && give(new Error(`${this.#name} ended before ${pattern}`)));
      look();
    });
  }

  /** Sends a signal, if one is given, and waits for the end. */
  async end(signal, timeoutMs = 20_000) {
    if (signal) this.signal(signal);
    let timer;
    const late = new Promise((_, failed) => {
      timer = setTimeout(() => {
        this.signal('SIGKILL');
        failed(new Error(`${this.#name} had not ended ${timeoutMs} ms later:\n${this.text}`));
      }, timeoutMs);
    });
    const result = await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    return result;
  }

  signal(signal) {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null)
      process.kill(this.#isOwnGroup ? -pid : pid, signal);
  }
}
