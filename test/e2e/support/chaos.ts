import { untilCaughtUp } from './caught-up.js';
import { Ledger } from './ledger.js';
import { Life, type Lives } from './life.js';
import { Onlooker } from './onlooker.js';
import { Random } from './random.js';
import { readWitness, type Call, type Disturbance } from './witness.js';

const PROGRAM = 'witnessed';

/** Each process has a store of its own beside it. */
const SHARED = { store: 'default' };

/** After so many groups of starts at the most the next is done. */
const LONGEST_PAUSE = 6;

/** After so many lines of all of them the store is looked at again. */
const LINES_BETWEEN_LOOKS = 5;

/** For so long at least; on a machine that is too busy for all that is planned, what is left then is not done. */
const CHAOS_MS = 20_000;

/** Who is there, and what is done to them. */
export interface ChaosPlan {
  readonly nodes: number;
  /** Jobs that fire on every full second, beside some 80 fires a second of others. */
  readonly crowd: number;
  readonly leaseTtl: number;
  readonly kills: number;
  readonly stops: number;
}

type Act = 'kill' | 'stop';

/** Applications on one database, and what is done to them. */
export class Chaos {
  readonly seed = Date.now() % 1_000_000;
  readonly all: Life[] = [];
  /** From here on nothing was done to anybody. */
  calmSince = 0;
  kills = 0;
  stops = 0;
  readonly onlooker: Onlooker;
  readonly #lives: Lives;
  readonly #plan: ChaosPlan;
  readonly #random = new Random(this.seed);
  readonly #disturbances: Disturbance[] = [];
  readonly #alive = new Set<Life>();
  /** Those of the living to whom nothing is being done. */
  readonly #free = new Set<Life>();
  #startedAt = 0;
  #endedAt = 0;
  #isOver = false;

  constructor(lives: Lives, plan: ChaosPlan) {
    this.#lives = lives;
    this.#plan = plan;
    this.onlooker = new Onlooker(lives, plan.crowd);
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

  /** The processes of all nodes that there have been. */
  get pids(): Map<string, number> {
    return new Map(this.all.flatMap((life) => life.events('node.joined', SHARED).map(({ node }) => [node, life.pid])));
  }

  get seconds(): number {
    return (this.#endedAt - this.#startedAt) / 1000;
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#plan.nodes }, () => this.#begin().tells('up')));
    await Promise.all([this.#disturbAll().finally(() => (this.#isOver = true)), this.#lookOn()]);
  }

  /** How long it took them to be done with all that had been due. */
  get catchUpMs(): number {
    return this.#endedAt - this.calmSince;
  }

  /** Does what is planned, in random order, to half of them at a time at the most, and again as long as there is time. */
  async #disturbAll(): Promise<void> {
    const { nodes, kills, stops } = this.#plan;
    this.#startedAt = Date.now();
    const planned = (): Act[] =>
      this.#random.shuffled([...Array<Act>(kills).fill('kill'), ...Array<Act>(stops).fill('stop')]);
    let acts = planned();
    const hasTime = (): boolean => Date.now() - this.#startedAt < CHAOS_MS;
    // The first of each are done in any case.
    const isWanted = (act: Act): boolean => (act === 'kill' ? this.kills : this.stops) === 0 || hasTime();
    const strand = async (): Promise<void> => {
      while (acts.length > 0) {
        const act = acts.pop() as Act;
        if (isWanted(act)) await this.#act(act);
        if (acts.length === 0 && hasTime()) acts = planned();
      }
    };
    await Promise.all(Array.from({ length: Math.floor(nodes / 2) }, strand));
    this.calmSince = Date.now();
    await untilCaughtUp(this.#lives, [...this.#alive], this.calmSince);
    this.#endedAt = Date.now();
  }

  async #lookOn(): Promise<void> {
    while (!this.#isOver) {
      await this.onlooker.look();
      for (let line = 0; line < LINES_BETWEEN_LOOKS; line++)
        await Promise.race([...this.#alive].map((life) => life.says()));
    }
  }

  async end(): Promise<Ledger> {
    for (const life of this.#alive) life.signal('SIGTERM');
    await Promise.all([...this.#alive].map((life) => life.end()));
    return Ledger.read(this.#lives, this.calls, this.#plan.crowd);
  }

  async #act(act: Act): Promise<void> {
    const [victim] = this.#random.shuffled([...this.#free]) as [Life];
    this.#free.delete(victim);
    await victim.tells('starts', {}, victim.told('starts').length + 1 + this.#random.below(LONGEST_PAUSE));
    if (act === 'kill') return await this.#kill(victim);
    await this.#stop(victim);
    this.#free.add(victim);
  }

  async #kill(victim: Life): Promise<void> {
    this.kills++;
    this.#alive.delete(victim);
    this.#disturb(victim, 'SIGKILL');
    await this.#begin().tells('up');
  }

  /** The victim goes on only when it has been taken for dead. */
  async #stop(victim: Life): Promise<void> {
    const joined = victim.events('node.joined', SHARED);
    const lostNode = joined.at(-1)?.node;
    const isLost = (): boolean => this.all.some((life) => life.events('node.lost', { lostNode }).length > 0);
    this.#disturb(victim, 'SIGSTOP');
    await this.#untilOthers(victim, 'the loss of a node', (other) => isLost() || isWithoutStore(other));
    victim.signal('SIGCONT');
    if (isLost()) {
      this.stops++;
      await victim.event('node.joined', SHARED, joined.length + 1);
      return;
    }
    // It was stopped in the middle of a transaction: while it holds SQLite's lock nobody can take it over. All of them have
    // to have the store back: the wait above would end at once, again and again, for the one that has not.
    const others = this.#othersOf(victim);
    await this.#untilOthers(victim, 'a store that answers', () => !others.some(isWithoutStore));
    await this.#stop(victim);
  }

  async #untilOthers(victim: Life, what: string, isSo: (other: Life) => boolean): Promise<void> {
    await Promise.any(this.#othersOf(victim).map((other) => other.until(what, () => isSo(other))));
  }

  #othersOf(victim: Life): Life[] {
    return [...this.#alive].filter((life) => life !== victim);
  }

  #disturb(life: Life, signal: NodeJS.Signals): void {
    this.#disturbances.push({ pid: life.pid, from: Date.now() });
    life.signal(signal);
  }

  #begin(): Life {
    const life = this.#lives.begin(PROGRAM, {
      options: { leaseTtl: this.#plan.leaseTtl },
      witness: this.#witness,
      seed: this.seed + this.all.length,
      crowd: this.#plan.crowd,
      events: ['run.lost', 'node.', 'store.', 'scheduler.stopped'],
    });
    this.all.push(life);
    this.#alive.add(life);
    this.#free.add(life);
    return life;
  }

  get #witness(): string {
    return this.#lives.file('witness');
  }
}

function isWithoutStore(life: Life): boolean {
  return life.events('store.unavailable', SHARED).length > life.events('store.recovered', SHARED).length;
}
