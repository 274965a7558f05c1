import type { InStore } from '../jobs/job-input.js';
import { assertKnownKeys } from '../jobs/known-keys.js';
import type { ManagedStore } from './managed-store.js';
import type { StoreSet } from './store-set.js';

/**
 * A scheduler that has started on a store: a process is one node to each store it uses. One that has been shut down is
 * not listed any more.
 *
 * @publicApi
 */
export interface NodeInfo {
  /** A new one at every start, and whenever others have taken the node for dead. Runs carry it as `node`. */
  readonly id: string;
  /** Alias of the store, in this process. */
  readonly store: string;
  /** The option `nodeName` of its module. */
  readonly name: string;
  readonly pid: number;
  /** Of this package. */
  readonly version: string;
  /** Aliases of its executors. */
  readonly executors: readonly string[];
  /** The tasks it can run. */
  readonly tasks: readonly string[];
  /** By the store's clock. */
  readonly startedAt: Date;
  /** When it last renewed its lease, by the store's clock. */
  readonly lastSeen: Date;
  /** `'lost'`: its lease is over, and nobody has taken over its runs yet. */
  readonly state: 'alive' | 'lost';
  /** Whether it is this process. */
  readonly isSelf: boolean;
}

/** The nodes of all stores. */
export class NodeList {
  readonly #stores: StoreSet;

  constructor(stores: StoreSet) {
    this.#stores = stores;
  }

  async list(options: InStore = {}): Promise<NodeInfo[]> {
    assertKnownKeys(options, ['store'], 'nodes');
    const lists = this.#stores.select(options.store, 'nodes').map((store) => nodesOf(store));
    return (await Promise.all(lists)).flat();
  }
}

async function nodesOf(store: ManagedStore): Promise<NodeInfo[]> {
  const session = await store.session();
  const { nodes, now } = await session.nodes();
  const infos = nodes.map(({ id, host, pid, version, executors, tasks, ...times }): NodeInfo => ({
    id,
    store: store.alias,
    name: host,
    pid,
    version,
    executors,
    tasks,
    startedAt: new Date(times.startedAt),
    // Where nobody else looks, no lease has to be renewed.
    lastSeen: new Date(store.isShared ? times.heartbeatAt : now),
    state: times.leaseUntil >= now ? 'alive' : 'lost',
    isSelf: store.runner?.nodeId === id,
  }));
  return infos.sort((one, other) => +one.startedAt - +other.startedAt || (one.id < other.id ? -1 : 1));
}
