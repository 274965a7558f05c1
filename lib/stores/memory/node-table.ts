import type { NodeDraft, NodeRecord } from '../job-store.js';

/** The nodes of a session and their leases. */
export class NodeTable {
  readonly #nodes = new Map<string, NodeRecord>();

  join(draft: NodeDraft, now: number, leaseMs: number): void {
    const startedAt = this.#nodes.get(draft.id)?.startedAt ?? now;
    this.#nodes.set(draft.id, { ...draft, startedAt, heartbeatAt: now, leaseUntil: now + leaseMs });
  }

  /** `false`: there is no such node any more. */
  renew(id: string, now: number, leaseMs: number): boolean {
    const node = this.#nodes.get(id);
    if (!node) return false;
    this.#nodes.set(id, { ...node, heartbeatAt: now, leaseUntil: now + leaseMs });
    return true;
  }

  holdsLease(id: string, now: number): boolean {
    const node = this.#nodes.get(id);
    return node !== undefined && node.leaseUntil > now;
  }

  /** Deletes the node, if it is there and carries this lease. */
  delete(id: string, leaseUntil?: number): boolean {
    const node = this.#nodes.get(id);
    if (!node || (leaseUntil !== undefined && node.leaseUntil !== leaseUntil)) return false;
    return this.#nodes.delete(id);
  }

  list(): NodeRecord[] {
    return [...this.#nodes.values()].map((node) => ({ ...node }));
  }

  clear(): void {
    this.#nodes.clear();
  }
}
