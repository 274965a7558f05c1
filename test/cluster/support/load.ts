import { expect } from 'vitest';
import { untilCaughtUp } from '../../e2e/support/caught-up.js';
import { Ledger } from '../../e2e/support/ledger.js';
import type { Life, Lives, ProgramConfig } from '../../e2e/support/life.js';
import { readWitness } from '../../e2e/support/witness.js';

/** Jobs that fire on every full second, beside some 80 fires a second of others. */
const CROWD = 20;

/** Applications under load that nobody kills: something else goes wrong. */
export class Load {
  readonly all: readonly Life[];
  readonly #lives: Lives;
  #calmSince = 0;

  private constructor(lives: Lives, all: readonly Life[]) {
    this.#lives = lives;
    this.all = all;
  }

  /** Begins to start the program `witnessed` once for each of these. */
  static begin(lives: Lives, configs: readonly ProgramConfig[]): Load {
    const begin = (config: ProgramConfig, seed: number): Life =>
      lives.begin('witnessed', {
        witness: lives.file('witness'),
        seed,
        crowd: CROWD,
        events: ['run.lost', 'node.', 'store.', 'scheduler.stopped'],
        ...config,
      });
    return new Load(lives, configs.map(begin));
  }

  static async start(lives: Lives, configs: readonly ProgramConfig[]): Promise<Load> {
    const load = Load.begin(lives, configs);
    await load.isUp();
    return load;
  }

  async isUp(): Promise<void> {
    await Promise.all(this.all.map((life) => life.tells('up')));
  }

  /** Resolves when each has told of so many more starts. */
  async goesOn(times = 1): Promise<void> {
    await Promise.all(this.all.map((life) => life.tells('starts', {}, life.told('starts').length + times)));
  }

  /** From here on nothing is wrong: they catch up, and end. */
  async end(): Promise<Ledger> {
    this.#calmSince = Date.now();
    await untilCaughtUp(this.#lives, this.all, this.#calmSince);
    for (const life of this.all) life.signal('SIGTERM');
    await Promise.all(this.all.map((life) => life.end()));
    return await Ledger.read(this.#lives, readWitness(this.#lives.file('witness')), CROWD);
  }

  /** Every slot is on record once, every start belongs to one, every run has ended, and nothing was lost. */
  expectAllOnRecord(ledger: Ledger): void {
    ledger.expectEverySlotOnce();
    ledger.expectEveryStartOnce();
    ledger.expectEveryRunEnded(this.#calmSince);
    ledger.expectNoExcess([]);
    expect(ledger.count('lost')).toBe(0);
    expect(this.all.map(({ errors }) => errors).join('')).toBe('');
  }
}
