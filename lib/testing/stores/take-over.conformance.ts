import { aNode, HOUR, MINUTE } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

const NOT_TAKEN = { taken: false, lost: [], requeued: [], paused: [], finished: [] };
const lastFire = { plan: { nextFireAt: null, nextDueAt: null } };

export function describeTakeOver({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  const nodeIds = async () => (await store().session.nodes()).nodes.map(({ id }) => id).toSorted();
  const lease = async (id: string) => {
    const node = (await store().session.nodes()).nodes.find((each) => each.id === id)!;
    return { id, leaseUntil: node.leaseUntil };
  };

  each(describe, [
    ['taking a node over', async () => store().session.takeOverNode(await lease('node-1'))],
    ['leaving in order', async () => store().session.leaveNode('node-1')],
  ])('%s', (_name, depart) => {
    it('deletes the row of the node, and no other', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      expect(await depart()).toEqual({ taken: true, lost: [], requeued: [], paused: [], finished: [] });
      expect(await nodeIds()).toEqual(['node-2']);
    });

    it('W04 makes the node find out when it renews its lease', async () => {
      await depart();
      expect(await store().session.renewLease('node-1', HOUR)).toMatchObject({ renewed: false });
      expect(await nodeIds()).toEqual([]);
    });

    it('G3 W02 ends the runs of the node as lost, and those of no other node', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      await store().putAll({ id: 'a', maxInstances: 2 }, { id: 'b' });
      const mine = [(await store().start('a')).run.runId, (await store().start('a')).run.runId];
      await store().start('b', {}, 'node-2');
      const { lost, requeued } = await depart();

      expect(lost.map(({ runId }) => runId).toSorted()).toEqual(mine.toSorted());
      expect(lost.map(({ state, node }) => [state, node])).toEqual([
        ['lost', 'node-1'],
        ['lost', 'node-1'],
      ]);
      expect(requeued).toEqual([]);
      expect(await store().story('a')).toEqual(['lost', 'lost']);
      expect(await store().story('b')).toEqual(['running']);
      const [run] = await store().runs('a');
      expect(run!.finishedAt).not.toBeNull();
      expect(run!.startedAt).not.toBeNull();
    });

    it('leaves runs that have ended, and queued ones, as they are', async () => {
      await store().put({ id: 'a', maxInstances: 3 });
      await store().end((await store().start('a')).run);
      await store().add('a');
      expect(await depart()).toMatchObject({ taken: true, lost: [] });
      expect(await store().story('a')).toEqual(['succeeded', 'queued']);
    });

    it('frees the instances', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      await store().put({ id: 'a' });
      await store().start('a');
      await store().add('a');
      await depart();
      expect(await store().take(undefined, undefined, 'node-2')).toHaveLength(1);
    });

    it('G4 fences the runs it has ended', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await depart();
      expect((await store().end(run)).fenced).toHaveLength(1);
      expect(await store().story('a')).toEqual(['lost']);
    });

    it('retires finished jobs whose last run this was', async () => {
      await store().putAll({ id: 'added' }, { id: 'declared', origin: 'declared' }, { id: 'going-on' });
      await store().start('added', lastFire);
      await store().start('declared', lastFire);
      await store().start('going-on');
      const { finished } = await depart();
      expect(finished.map(({ id }) => id).toSorted()).toEqual(['added', 'declared']);
      const { jobs } = await store().session.listJobs({});
      expect(jobs.map(({ id, state }) => [id, state])).toEqual([
        ['declared', 'finished'],
        ['going-on', 'active'],
      ]);
    });

    it('ends the run of a job that was removed meanwhile, too', async () => {
      await store().put({ id: 'a' });
      await store().start('a');
      await store().session.removeJobs(['a']);
      expect((await depart()).lost).toHaveLength(1);
      expect(await store().story('a')).toEqual(['lost']);
    });
  });

  describe('taking a node over', () => {
    it('W05 does nothing to a node that has renewed its lease meanwhile', async () => {
      await store().put({ id: 'a' });
      await store().start('a');
      const seen = await lease('node-1');
      await store().untilLater();
      await store().session.renewLease('node-1', HOUR);
      expect(await store().session.takeOverNode(seen)).toEqual(NOT_TAKEN);
      expect(await nodeIds()).toEqual(['node-1']);
      expect(await store().story('a')).toEqual(['running']);
    });

    it('does nothing the second time', async () => {
      await store().put({ id: 'a' });
      await store().start('a');
      const seen = await lease('node-1');
      expect((await store().session.takeOverNode(seen)).lost).toHaveLength(1);
      expect(await store().session.takeOverNode(seen)).toEqual(NOT_TAKEN);
    });

    it('W02 takes a node whose lease is live: its process is known to be gone', async () => {
      const now = await store().now();
      const seen = await lease('node-1');
      expect(seen.leaseUntil).toBeGreaterThan(now + MINUTE);
      expect(await store().session.takeOverNode(seen)).toMatchObject({ taken: true });
    });

    it('does not know strangers', async () => {
      expect(await store().session.takeOverNode({ id: 'stranger', leaseUntil: 1 })).toEqual(NOT_TAKEN);
      expect(await store().session.leaveNode('stranger')).toEqual(NOT_TAKEN);
    });
  });
}
