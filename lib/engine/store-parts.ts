import type { DeclaredHere } from '../jobs/declared-job.js';
import { describeError } from '../jobs/outcome.js';
import type { Completion, CompletionResult, JobStoreSession } from '../stores/job-store.js';
import { CancelWatch } from './cancel-watch.js';
import { ScopeKeeper } from './claim-scope.js';
import { Claimer } from './claimer.js';
import { Completer } from './completer.js';
import { LeaseLostError } from './engine-errors.js';
import { NodeMembership } from './node-membership.js';
import { Outlook } from './outlook.js';
import { ProgressReporter } from './progress-reporter.js';
import { QueueingJobs } from './queueing-jobs.js';
import { RunDispatcher } from './run-dispatcher.js';
import { RunEndings } from './run-endings.js';
import { RunEvents } from './run-events.js';
import { RunIntake } from './run-intake.js';
import type { RunnerSurroundings } from './runner-surroundings.js';
import { SearchPauses } from './search-pauses.js';
import { StoreHealth } from './store-health.js';
import { UnreadableJobs } from './unreadable-jobs.js';

/** What the parts need of the loop that drives them. */
export interface LoopPorts {
  readonly isStopping: () => boolean;
  /** Something may be due that was not: look. */
  readonly wake: () => void;
  /** The same, even while the loop rests after a failure. */
  readonly rouse: () => void;
}

/** What one store is worked with, each part wired to the others. */
export class StoreParts {
  readonly events: RunEvents;
  readonly health: StoreHealth;
  readonly scope: ScopeKeeper;
  readonly unreadable: UnreadableJobs;
  readonly queueing = new QueueingJobs();
  readonly searches: SearchPauses;
  readonly outlook: Outlook;
  readonly endings: RunEndings;
  readonly membership: NodeMembership;
  readonly completer: Completer;
  readonly dispatcher: RunDispatcher;
  readonly cancels: CancelWatch;
  readonly intake: RunIntake;
  readonly claimer: Claimer;
  readonly #loop: LoopPorts;

  constructor(
    alias: string,
    session: JobStoreSession,
    /** What decorators of this node declare. */
    declared: DeclaredHere,
    around: RunnerSurroundings,
    loop: LoopPorts,
  ) {
    this.#loop = loop;
    const { options, bus, tasks, executors } = around;
    const { clock, keepAlive } = options;
    const nodeId = (): string => this.membership.nodeId;
    this.events = new RunEvents(bus, alias, nodeId, clock);
    this.health = new StoreHealth({
      unavailable: (error) => this.events.ofStore({ type: 'store.unavailable', error: describeError(error) }),
      recovered: () => this.events.ofStore({ type: 'store.recovered' }),
    });
    this.scope = new ScopeKeeper(tasks, new Set(declared.jobs.keys()));
    this.unreadable = new UnreadableJobs(this.events, this.scope);
    this.searches = new SearchPauses(clock, () => this.wake());
    this.outlook = new Outlook(session, clock, options.pollInterval);
    this.endings = new RunEndings(this.events, this.queueing);
    this.membership = this.#newMembership(alias, session, declared.digest, around);
    this.completer = new Completer({
      clock,
      keepAlive,
      maxBatch: session.maxBatch,
      write: (batch) => session.complete(batch),
      written: (batch, result) => this.#onWritten(batch, result),
      idle: () => around.onQuiet(),
      find: (runId) => session.getRun(runId),
      worked: () => this.#worked('outcomes'),
      failed: (error) => this.health.failed('outcomes', error),
    });
    this.dispatcher = new RunDispatcher({
      clock,
      tasks,
      declaredJobs: declared.jobs,
      executors,
      events: this.events,
      complete: (completion) => this.completer.push(completion),
      progress: new ProgressReporter(session, this.events, clock),
    });
    this.cancels = new CancelWatch(session, this.dispatcher, clock, nodeId);
    const ports = {
      session,
      membership: this.membership,
      events: this.events,
      queueing: this.queueing,
      unreadable: this.unreadable,
      searches: this.searches,
    };
    this.intake = new RunIntake({ ...ports, dispatcher: this.dispatcher, completer: this.completer });
    this.claimer = new Claimer({
      ...ports,
      executors,
      scope: this.scope,
      planned: this.outlook.planned,
      intake: this.intake,
      whenFree: loop.wake,
    });
  }

  /** Jobs have changed, so something may be due that was not, or be readable again: look at once. */
  wake(): void {
    this.cancels.noteNews();
    this.scope.includeAll();
    this.#loop.wake();
  }

  #onWritten(batch: readonly Completion[], result: CompletionResult): void {
    this.endings.announce(batch, result);
    if (this.queueing.isEmpty) return;
    const endedJobs = batch.map(({ run }) => run.jobId);
    const mayStart = this.queueing.mayStart(endedJobs, this.dispatcher.active, this.outlook.storeNow);
    // A retry waits in the store: this node looks when it is available, as others do.
    if ((mayStart || result.retrying.length > 0) && !this.#loop.isStopping()) this.#loop.wake();
  }

  #newMembership(
    alias: string,
    session: JobStoreSession,
    declares: string,
    around: RunnerSurroundings,
  ): NodeMembership {
    const { clock, leaseTtl, abortOnLeaseExpiry } = around.options;
    return new NodeMembership(
      session,
      { clock, leaseTtl, nodeId: around.nodeId(), describeNode: (id) => ({ ...around.describeNode(id), declares }) },
      {
        joined: () => this.events.ofStore({ type: 'node.joined' }),
        renewed: () => {
          this.intake.release();
          this.#loop.wake();
        },
        expired: () => {
          if (abortOnLeaseExpiry) this.dispatcher.abortAll(new LeaseLostError(alias));
        },
        takenOver: () => {
          this.intake.drop();
          this.dispatcher.abortAll(new LeaseLostError(alias));
        },
        wantsBack: () => !this.#loop.isStopping(),
        cameBack: () => this.#loop.wake(),
        worked: () => this.#worked('lease'),
        failed: (error) => this.health.failed('lease', error),
      },
    );
  }

  #worked(part: 'lease' | 'outcomes'): void {
    if (this.health.worked(part)) this.#loop.rouse();
  }
}
