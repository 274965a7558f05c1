import { Life, type Lives } from './life.js';
import { Random } from './random.js';
import { readWitness, type Call, type Disturbance } from './witness.js';

const PROGRAM = 'witnessed';

/** The jobs of the program, all of them of one task. */
export const JOBS = {
  'declared-50': { every: 50, maxInstances: 1 },
  'declared-80': { every: 80, maxInstances: 1 },
  'declared-100': { every: 100, maxInstances: 1 },
  'every-second': { every: 1000, maxInstances: 1 },
  'added-60': { every: 60, maxInstances: 1 },
  'added-90': { every: 90, maxInstances: 2 },
} as const;

export type JobName = keyof typeof JOBS;

/** Each process has a store of its own beside it. */
const SHARED = { store: 'default' };

/** Two applications on one file, and what is done to them. */
export class Chaos {
  readonly seed = Date.now() % 1_000_000;
  readonly all: Life[] = [];
  /** From here on nothing was done to anybody. */
  calmSince = new Date(0);
  kills = 0;
  stops = 0;
  readonly #lives: Lives;
  readonly #random = new Random(this.seed);
  readonly #disturbances: Disturbance[] = [];
  #pair: readonly Life[] = [];

  constructor(lives: Lives) {
    this.#lives = lives;
  }

  /** What the handlers themselves have seen. */
  get calls(): Call[] {
    return readWitness(this.#witness);
  }

  /** Every reason that a node may have been taken for dead. */
  get disturbances(): Disturbance[] {
    const stalls = this.all.flatMap((life) =>
      (life.told('stall') as { from: number }[]).map(({ from }) => ({ pid: life.pid, from })),
    );
    return [...this.#disturbances, ...stalls];
  }

  async run(acts: readonly ('kill' | 'stop')[]): Promise<void> {
    this.#pair = [this.#begin(), this.#begin()];
    await Promise.all(this.#pair.map((life) => life.tells('up')));
    for (const act of this.#random.shuffled(acts)) {
      const [victim, other] = this.#random.shuffled(this.#pair) as [Life, Life];
      await victim.event('run.started', {}, victim.events('run.started').length + 1 + this.#random.below(15));
      await (act === 'kill' ? this.#kill(victim, other) : this.#stop(victim, other));
    }
    this.calmSince = new Date();
    for (const jobId of Object.keys(JOBS)) await this.#calmRunOf(jobId);
  }

  async end(): Promise<void> {
    for (const life of this.#pair) life.signal('SIGTERM');
    await Promise.all(this.#pair.map((life) => life.end()));
  }

  async #kill(victim: Life, other: Life): Promise<void> {
    this.kills++;
    this.#disturb(victim, 'SIGKILL');
    const heir = this.#begin();
    this.#pair = [other, heir];
    await heir.tells('up');
  }

  /** The victim goes on only when it has been taken for dead. */
  async #stop(victim: Life, other: Life): Promise<void> {
    const joined = victim.events('node.joined', SHARED);
    const lostNode = joined.at(-1)?.node;
    const isLost = (): boolean => other.events('node.lost', { lostNode }).length > 0;
    this.#disturb(victim, 'SIGSTOP');
    await other.until('the loss of the node, or a locked file', () => isLost() || isWithoutStore(other));
    victim.signal('SIGCONT');
    if (isLost()) {
      this.stops++;
      await victim.event('node.joined', SHARED, joined.length + 1);
      return;
    }
    // It was stopped in the middle of a transaction: while it holds SQLite's lock nobody can take it over.
    await other.until('a store that answers', () => !isWithoutStore(other));
    await this.#stop(victim, other);
  }

  #disturb(life: Life, signal: NodeJS.Signals): void {
    this.#disturbances.push({ pid: life.pid, from: Date.now() });
    life.signal(signal);
  }

  async #calmRunOf(jobId: string): Promise<void> {
    const since = this.calmSince.toISOString();
    const hasRun = (life: Life): boolean =>
      life.events('run.succeeded', { jobId }).some(({ scheduledTime }) => String(scheduledTime) > since);
    await Promise.any(this.#pair.map((life) => life.until(`a calm run of ${jobId}`, () => hasRun(life))));
  }

  #begin(): Life {
    const life = this.#lives.begin(PROGRAM, {
      options: { leaseTtl: 1_000 },
      witness: this.#witness,
      seed: this.seed + this.all.length,
      events: ['run.started', 'run.succeeded', 'run.lost', 'node.', 'store.', 'scheduler.stopped'],
    });
    this.all.push(life);
    return life;
  }

  get #witness(): string {
    return this.#lives.file('witness');
  }
}

function isWithoutStore(life: Life): boolean {
  return life.events('store.unavailable', SHARED).length > life.events('store.recovered', SHARED).length;
}
