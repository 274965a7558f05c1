import type { Clock } from '../clock.js';
import type { JobStoreSession, NodeDraft, TakeOver } from '../stores/job-store.js';
import { Lease, type LeaseEvents } from './lease.js';
import { newNodeId, retireNodeId, shareNodeId } from './node-identity.js';

/** Who this process is, to one store. */
export interface MembershipOptions {
  readonly clock: Clock;
  readonly leaseTtl: number;
  /** The first id; after a takeover there is another. */
  readonly nodeId: string;
  /** The node's row for an id. */
  describeNode(id: string): NodeDraft;
}

/** What the membership tells its owner. */
export interface MembershipEvents extends Omit<LeaseEvents, 'takenOver'> {
  joined(): void;
  /** Another node took this one for dead. The id is still the old one. */
  takenOver(): void;
  /** Whether a node that was taken over takes a new place. */
  wantsBack(): boolean;
  /** It has a new place. */
  cameBack(): void;
}

/** The place of this process among the nodes of one store: its id there, and the lease that keeps it. */
export class NodeMembership {
  readonly lease: Lease;
  readonly #session: JobStoreSession;
  readonly #options: MembershipOptions;
  readonly #events: MembershipEvents;
  #nodeId: string;

  constructor(session: JobStoreSession, options: MembershipOptions, events: MembershipEvents) {
    this.#session = session;
    this.#options = options;
    this.#events = events;
    this.#nodeId = shareNodeId(options.nodeId);
    this.lease = new Lease(session, options.clock, options.leaseTtl, {
      renewed: () => events.renewed(),
      expired: () => events.expired(),
      takenOver: () => this.#comeBack(),
      worked: () => events.worked(),
      failed: (error) => events.failed(error),
    });
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  async join(): Promise<void> {
    const askedAt = this.#options.clock.monotonic();
    await this.#putRow();
    this.lease.begin(this.#nodeId, askedAt);
    this.#events.joined();
  }

  /** The tasks or executors of this process have changed. */
  async sayAgain(): Promise<void> {
    if (!this.#session.isShared || !this.lease.isHeld) return;
    // A row that is gone must not come back: whoever took the runs over deleted it.
    const { renewed } = await this.#session.renewLease(this.#nodeId, this.lease.ttlMs);
    if (renewed) await this.#putRow();
  }

  /** Gives the place back; answers what became of the runs that still went on. The id is retired, come what may. */
  async leave(): Promise<TakeOver> {
    await this.lease.stop();
    try {
      return await this.#session.leaveNode(this.#nodeId);
    } finally {
      retireNodeId(this.#nodeId);
    }
  }

  #putRow(): Promise<void> {
    return this.#session.joinNode(this.#options.describeNode(this.#nodeId), this.lease.ttlMs);
  }

  async #comeBack(): Promise<void> {
    this.#events.takenOver();
    retireNodeId(this.#nodeId);
    this.#nodeId = newNodeId();
    if (!this.#events.wantsBack()) return;
    await this.join();
    this.#events.cameBack();
  }
}
