import type { DataSource, EntitySubscriberInterface, QueryRunner, TransactionCommitEvent } from 'typeorm';

interface Effect {
  /** The depth of inner transactions it belongs to; 1 is the transaction itself. */
  depth: number;
  readonly run: () => void;
}

/** What happens when transactions of one DataSource end. TypeORM tells its subscribers, and we are one of them. */
export class CommitWatch implements EntitySubscriberInterface {
  static readonly #watches = new WeakMap<DataSource, CommitWatch>();
  readonly #effects = new WeakMap<QueryRunner, Effect[]>();

  static of(dataSource: DataSource): CommitWatch {
    let watch = this.#watches.get(dataSource);
    if (!watch) this.#watches.set(dataSource, (watch = new CommitWatch()));
    // A DataSource that was closed and opened again has a new list.
    if (!dataSource.subscribers.includes(watch)) dataSource.subscribers.push(watch);
    return watch;
  }

  whenCommitted(runner: QueryRunner, run: () => void): void {
    const effects = this.#effects.get(runner) ?? [];
    effects.push({ depth: depthOf(runner), run });
    this.#effects.set(runner, effects);
  }

  /** Whatever an earlier transaction of this runner has left: its end was never told, as its connection broke. */
  afterTransactionStart({ queryRunner }: TransactionCommitEvent): void {
    if (depthOf(queryRunner) <= 1) this.#effects.delete(queryRunner);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const effects = this.#effects.get(queryRunner);
    if (!effects) return;
    const depth = depthOf(queryRunner);
    // An inner transaction is only as certain as the outer one.
    for (const effect of effects) effect.depth = Math.min(effect.depth, depth);
    if (depth > 0) return;
    this.#effects.delete(queryRunner);
    for (const { run } of effects) run();
  }

  afterTransactionRollback({ queryRunner }: TransactionCommitEvent): void {
    const depth = depthOf(queryRunner);
    const kept = this.#effects.get(queryRunner)?.filter((effect) => effect.depth <= depth) ?? [];
    if (kept.length > 0) this.#effects.set(queryRunner, kept);
    else this.#effects.delete(queryRunner);
  }
}

/** How many transactions are open, one in another. TypeORM keeps the count to itself. */
function depthOf(runner: QueryRunner): number {
  const { transactionDepth } = runner as unknown as { readonly transactionDepth?: number };
  return transactionDepth ?? (runner.isTransactionActive ? 1 : 0);
}
