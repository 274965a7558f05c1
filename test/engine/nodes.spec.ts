import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../lib/clock.js';
import { Scheduler } from '../../lib/engine/scheduler.js';
import { functionTask } from '../../lib/executors/function-task.js';
import { resolveOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import type { JobStore } from '../../lib/stores/job-store.js';
import { version } from '../../lib/version.js';
import { PLACES, type Place } from '../support/places.js';
import { aNode, HOUR } from '../support/store-fixtures.js';
import { harnesses, refusal } from './job-api/harnesses.js';

const { create, running } = harnesses();

describe('the nodes of a store in memory', () => {
  it('are this process alone, with what it can run', async () => {
    const { harness, service } = await running({ nodeName: 'web-1' });
    await harness.clock.advance(HOUR);
    const [self, ...others] = await service.nodes({ store: 'default' });
    expect(others).toEqual([]);
    expect(self).toEqual({
      id: harness.events[0]!.node,
      store: 'default',
      name: 'web-1',
      pid: process.pid,
      version,
      executors: ['default'],
      tasks: ['work'],
      startedAt: new Date('2030-01-01T00:00:00Z'),
      lastSeen: new Date('2030-01-01T01:00:00Z'),
      state: 'alive',
      isSelf: true,
    });
  });

  it('are listed for each store, or for the one that is named', async () => {
    const { service } = await running();
    expect((await service.nodes()).map(({ store }) => store).toSorted()).toEqual(['default', 'local']);
    expect((await service.nodes({ store: 'local' })).map(({ store }) => store)).toEqual(['local']);
    await refusal(() => service.nodes({ store: 'none' }), 'nodes', '"none"');
    await refusal(() => service.nodes({ stroe: 'local' } as never), 'nodes', '"store"');
  });

  it('are none before the start, and can not be asked for after the end', async () => {
    const harness = create();
    expect(await harness.service.nodes()).toEqual([]);
    await harness.scheduler.start();
    expect(await harness.service.nodes()).toHaveLength(2);
    await harness.scheduler.shutdown(0);
    expect((await refusal(() => harness.service.nodes(), 'nodes')).code).toBe('SCHEDULER_STOPPED');
  });
});

for (const { name, isThere, make } of PLACES) {
  describe.skipIf(!isThere)(`the nodes of a store on ${name}`, () => {
    let place: Place;
    const started: Scheduler[] = [];
    beforeEach(() => {
      place = make();
    });
    afterEach(async () => {
      await Promise.all(started.splice(0).map((scheduler) => scheduler.shutdown(0)));
      await place.dispose();
    });

    const start = async (nodeName: string, store: JobStore = place.store()): Promise<SchedulerService> => {
      Logger.overrideLogger(false);
      const scheduler = new Scheduler(resolveOptions({ store, nodeName }));
      started.push(scheduler);
      scheduler.tasks.register(functionTask(`task-of-${nodeName}`, () => undefined, {}));
      await scheduler.start();
      return new SchedulerService(scheduler);
    };
    const seenBy = async (service: SchedulerService) =>
      (await service.nodes({ store: 'default' })).map((node) => [node.name, node.state, node.isSelf]);

    it('are all that have started on it, in that order, whoever asks', async () => {
      const one = await start('one');
      const two = await start('two');
      expect(await seenBy(one)).toEqual([
        ['one', 'alive', true],
        ['two', 'alive', false],
      ]);
      expect(await seenBy(two)).toEqual([
        ['one', 'alive', false],
        ['two', 'alive', true],
      ]);
      const [first, second] = await one.nodes({ store: 'default' });
      expect(first).toMatchObject({ tasks: ['task-of-one'], executors: ['default'], pid: process.pid, version });
      expect(second?.id).not.toBe(first?.id);
      expect(+first!.lastSeen).toBeGreaterThanOrEqual(+first!.startedAt);
      expect(+second!.startedAt).toBeGreaterThanOrEqual(+first!.startedAt);
    });

    it('are one fewer as soon as one has been shut down', async () => {
      const one = await start('one');
      const two = await start('two');
      await two.shutdown({ timeout: 0 });
      expect(await seenBy(one)).toEqual([['one', 'alive', true]]);
    });

    it('are another one when it has been started again', async () => {
      const one = await start('one');
      const [before] = await one.nodes({ store: 'default' });
      await one.shutdown({ timeout: 0 });
      await one.start();
      const [after, ...others] = await one.nodes({ store: 'default' });
      expect(others).toEqual([]);
      expect(after?.id).not.toBe(before?.id);
    });

    it('count as lost from the end of their lease on, by the clock of the store', async () => {
      const one = await start('one');
      const clock = new SystemClock();
      const context = { alias: 'default', clock, keepAlive: false, onChange: () => undefined };
      const session = await place.store().open(context);
      await session.joinNode({ ...aNode('silent'), host: 'silent' }, 0);
      const joined = await session.now();
      let now = joined;
      while (now <= joined) now = await session.now();
      const silent = (await one.nodes({ store: 'default' })).find(({ id }) => id === 'silent');
      expect(silent).toMatchObject({ state: 'lost', isSelf: false, name: 'silent' });
      expect(silent!.lastSeen).toEqual(silent!.startedAt);
      await session.close();
    });
  });
}
