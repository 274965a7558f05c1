import { aNode, HOUR, MINUTE } from './store-fixtures.js';
import type { JobStoreTraits } from './describe-job-store.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';

export function describeNodes(
  { describe, expect, it }: StoreTestFramework,
  store: () => StoreDriver,
  traits: JobStoreTraits,
): void {
  describe('session', () => {
    it('says whether other processes may share its jobs', () => {
      expect(store().session.isShared).toBe(traits.isShared);
    });

    it('says how it wants to be asked', () => {
      const { peekHorizonMs, pollIntervalMs, maxBatch } = store().session;
      expect(peekHorizonMs).toBeGreaterThanOrEqual(0);
      expect(pollIntervalMs).toBeGreaterThan(0);
      expect(maxBatch).toBeGreaterThanOrEqual(1);
    });

    it('tells the time of its own clock in whole milliseconds', async () => {
      const now = await store().now();
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(await store().untilLater()).toBeGreaterThan(now);
    });
  });

  describe('closing', () => {
    it('may be done twice', async () => {
      await store().session.close();
      await expect(store().session.close()).resolves.toBeUndefined();
    });
  });

  describe('nodes', () => {
    it("are seen with the time of the store's own clock", async () => {
      const before = await store().now();
      const { now } = await store().session.nodes();
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(await store().now());
    });

    it('are none, seen with a clock all the same, when the last has left', async () => {
      for (const { id } of (await store().session.nodes()).nodes) await store().session.leaveNode(id);
      const { nodes, now } = await store().session.nodes();
      expect(nodes).toEqual([]);
      expect(Number.isSafeInteger(now)).toBe(true);
    });

    it('keeps what a node says of itself, with a lease that counts from its arrival', async () => {
      const before = await store().now();
      await store().session.joinNode(aNode('node-2'), HOUR);
      const { nodes } = await store().session.nodes();
      const node = nodes.find(({ id }) => id === 'node-2')!;

      expect(node).toMatchObject(aNode('node-2'));
      expect(node.startedAt).toBeGreaterThanOrEqual(before);
      expect(node.startedAt).toBeLessThanOrEqual(await store().now());
      expect(node.heartbeatAt).toBe(node.startedAt);
      expect(node.leaseUntil).toBe(node.startedAt + HOUR);
    });

    it('takes what a node says of itself anew, and leaves when it started', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      const { startedAt } = (await store().session.nodes()).nodes.find(({ id }) => id === 'node-2')!;
      const later = await store().untilLater();
      await store().session.joinNode({ ...aNode('node-2'), tasks: ['Late.task'], declares: 'digest-2' }, HOUR);

      const node = (await store().session.nodes()).nodes.find(({ id }) => id === 'node-2')!;
      expect(node).toMatchObject({ tasks: ['Late.task'], declares: 'digest-2', startedAt });
      expect(node.leaseUntil).toBeGreaterThanOrEqual(later + HOUR);
    });

    it('lists every node', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      expect((await store().session.nodes()).nodes.map(({ id }) => id).toSorted()).toEqual(['node-1', 'node-2']);
    });

    it('renews a lease from now on and tells the time', async () => {
      const before = await store().untilLater();
      const { renewed, now } = await store().session.renewLease('node-1', MINUTE);
      const [node] = (await store().session.nodes()).nodes;

      expect(renewed).toBe(true);
      expect(now).toBeGreaterThanOrEqual(before);
      expect(node).toMatchObject({ heartbeatAt: now, leaseUntil: now + MINUTE });
      expect(node!.startedAt).toBeLessThan(now);
    });

    it('W05 renews a lease that has run out as long as nobody has taken the node over', async () => {
      await store().session.joinNode(aNode('late'), 0);
      await store().untilLater();
      expect(await store().session.renewLease('late', HOUR)).toMatchObject({ renewed: true });
    });

    it('does not renew the lease of a node it does not know, and tells the time all the same', async () => {
      const before = await store().now();
      const { renewed, now } = await store().session.renewLease('stranger', HOUR);
      expect(renewed).toBe(false);
      expect(now).toBeGreaterThanOrEqual(before);
    });
  });
}
