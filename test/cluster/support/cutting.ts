import type { Random } from '../../e2e/support/random.js';
import type { Wiretap } from '../../support/tcp-proxy.js';

const NOTHING = Buffer.alloc(0);

/** One in so many messages of a client is the last of its connection; of those that commit, one in so many. */
const ONE_IN = 80;
const ONE_COMMIT_IN = 8;

type Moment = 'before' | 'during' | 'after';

/** Cuts connections at random: before a message reaches the server, while it is answered, and instead of the answer. */
export class Cutting {
  readonly cuts: Record<Moment, number> = { before: 0, during: 0, after: 0 };
  isOn = false;
  readonly #random: Random;
  readonly #listeners = new Set<() => void>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Resolves when there were so many cuts of each kind. */
  async until(count: number): Promise<void> {
    while (Object.values(this.cuts).some((cuts) => cuts < count)) {
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  tap(cut: () => void): Wiretap {
    let isAnswerLost = false;
    return {
      fromClient: (chunk) => {
        // What claims and ends runs on PostgreSQL in one statement is a commit, too.
        const isCommit = chunk.includes('COMMIT') || chunk.includes('WITH clock') || chunk.includes('WITH d AS');
        if (!this.isOn || this.#random.below(isCommit ? ONE_COMMIT_IN : ONE_IN) > 0) return chunk;
        const moment = (['before', 'during', 'after'] as const)[this.#random.below(3)] as Moment;
        this.#note(moment);
        if (moment === 'before') {
          cut();
          return NOTHING;
        }
        if (moment === 'during') setImmediate(cut);
        else isAnswerLost = true;
        return chunk;
      },
      fromServer: (chunk) => {
        if (!isAnswerLost) return chunk;
        cut();
        return NOTHING;
      },
    };
  }

  #note(moment: Moment): void {
    this.cuts[moment]++;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
