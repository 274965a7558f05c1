import { filter, firstValueFrom } from 'rxjs';
import type { DataSource, EntityManager } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Logger } from '@nestjs/common';
import { Scheduler } from '../../lib/engine/scheduler.js';
import type { SchedulerEvent, SchedulerEventType } from '../../lib/events/scheduler-event.js';
import { functionTask } from '../../lib/executors/function-task.js';
import { resolveOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import type { JobStore } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { PLACES, type Place } from '../support/places.js';
import type { CallerConnections } from '../stores/typeorm/caller-database.js';
import { refusal } from './job-api/harnesses.js';

for (const { name, isThere, make } of PLACES) describeOn(name, isThere, make);

/** A process of the application, as far as the scheduler goes. */
class Node {
  readonly service: SchedulerService;
  readonly events: SchedulerEvent[] = [];
  readonly #scheduler: Scheduler;

  constructor(store: JobStore) {
    Logger.overrideLogger(false);
    this.#scheduler = new Scheduler(resolveOptions({ stores: { default: store, memory: new MemoryJobStore() } }));
    this.service = new SchedulerService(this.#scheduler);
    this.service.events$.subscribe((event) => this.events.push(event));
    this.#scheduler.tasks.register(functionTask('work', () => undefined, {}));
  }

  start(): Promise<void> {
    return this.#scheduler.start();
  }

  stop(): Promise<void> {
    return this.#scheduler.shutdown(5_000);
  }

  /** What it tells of a job: the next event of that type. */
  next(type: SchedulerEventType, jobId: string): Promise<SchedulerEvent> {
    const isMeant = (event: SchedulerEvent) => event.type === type && 'jobId' in event && event.jobId === jobId;
    return firstValueFrom(this.service.events$.pipe(filter(isMeant)));
  }

  /** The types of the events of a job so far. */
  of(jobId: string): SchedulerEventType[] {
    return this.events.filter((event) => 'jobId' in event && event.jobId === jobId).map(({ type }) => type);
  }
}

function describeOn(name: string, isThere: boolean, make: () => Place): void {
  describe.skipIf(!isThere)(`a change of a job in a transaction of the caller, on ${name}`, () => {
    let database: Place;
    let connections: CallerConnections;
    let dataSource: DataSource;
    let one: Node;
    let other: Node;
    const far = interval({ hours: 1 });
    const undone = new Error('undone');

    beforeEach(async () => {
      database = make();
      [one, other] = [new Node(database.store()), new Node(database.store())];
      await one.start();
      await other.start();
      connections = await database.callers();
      ({ dataSource } = connections);
      await one.service.addJob({ id: 'kept', task: 'work', trigger: far });
      one.events.length = 0;
    });
    afterEach(async () => {
      await Promise.all([one.stop(), other.stop()]);
      await connections.close();
      await database.dispose();
    });

    /** Does `work` in a transaction that is rolled back. */
    const rollBack = async (work: (manager: EntityManager) => Promise<unknown>): Promise<void> => {
      const transaction = dataSource.transaction(async (manager) => {
        await work(manager);
        throw undone;
      });
      await expect(transaction).rejects.toBe(undone);
    };
    const order = (manager: EntityManager) => manager.query(`INSERT INTO ${connections.table} (id) VALUES (1)`);
    const orders = async () => ((await dataSource.query(`SELECT id FROM ${connections.table}`)) as unknown[]).length;

    it('lets an added job fire once it is committed, at once and on whichever node', async () => {
      const done = Promise.race([one.next('run.succeeded', 'new'), other.next('run.succeeded', 'new')]);
      const due = new Date(Date.now() - 1_000);
      await dataSource.transaction(async (manager) => {
        await order(manager);
        const job = await one.service.addJob({ id: 'new', task: 'work', trigger: at(due) }, { manager });
        expect(job).toMatchObject({ id: 'new', state: 'active', store: 'default' });
        expect(await one.service.getJob('new')).toBeNull();
        expect(one.of('new')).toEqual([]);
      });
      expect(one.of('new')[0]).toBe('job.added');
      await done;
      expect(await orders()).toBe(1);
      expect((await one.service.getRuns({ jobId: 'new' })).runs).toMatchObject([{ state: 'succeeded' }]);
    });

    it('is noticed at once by nodes other than the one that was asked', async () => {
      await one.stop();
      one = new Node(database.store());
      const done = other.next('run.succeeded', 'new');
      const started = Date.now();
      await dataSource.transaction((manager) =>
        one.service.addJob({ id: 'new', task: 'work', trigger: at(new Date(started - 1_000)) }, { manager }),
      );
      await done;
      // Far less than the interval of polls with notifications, which is 5 s.
      expect(Date.now() - started).toBeLessThan(2_500);
    });

    it('leaves nothing of an added job behind when it is rolled back: neither row nor run nor event', async () => {
      await rollBack(async (manager) => {
        await order(manager);
        await one.service.addJobs(
          [
            { id: 'new', task: 'work', trigger: at(new Date(Date.now() - 1_000)) },
            { id: 'new-too', task: 'work', trigger: at(new Date(Date.now() - 1_000)) },
          ],
          { manager },
        );
      });
      // Whatever had been woken for it would have run before this one.
      const done = Promise.race([one.next('run.succeeded', 'later'), other.next('run.succeeded', 'later')]);
      await one.service.addJob({ id: 'later', task: 'work', trigger: at(new Date(Date.now() - 1_000)) });
      await done;
      expect(await orders()).toBe(0);
      expect([...one.of('new'), ...one.of('new-too'), ...other.of('new')]).toEqual([]);
      expect((await one.service.getJobs({ store: 'default' })).map(({ id }) => id)).toEqual(['kept']);
      expect((await one.service.getRuns({ jobId: 'new' })).runs).toEqual([]);
    });

    it('tells of what it has changed with the commit, in order, and of nothing after a rollback', async () => {
      const change = async (manager: EntityManager) => {
        await one.service.modifyJob('kept', { tags: ['a'] }, { manager });
        await one.service.rescheduleJob('kept', interval({ hours: 2 }), { manager });
        expect(await one.service.pauseJob('kept', { manager })).toEqual({ running: [] });
        await one.service.resumeJob('kept', { manager });
        expect(one.of('kept')).toEqual([]);
      };
      await rollBack(change);
      expect(one.of('kept')).toEqual([]);
      expect(await one.service.getJob('kept')).toMatchObject({ tags: [], state: 'active' });

      await dataSource.transaction(change);
      expect(one.of('kept')).toEqual(['job.modified', 'job.rescheduled', 'job.paused', 'job.resumed']);
      expect(await one.service.getJob('kept')).toMatchObject({ tags: ['a'], state: 'active' });
    });

    it('G8 tells with the commit of overdue fires whose trigger it has replaced, and not after a rollback', async () => {
      // Nobody claims what is overdue.
      for (const node of [one, other]) node.service.pause();
      await one.service.addJob({ id: 'late', task: 'work', trigger: at(new Date(Date.now() - 1_000)) });
      one.events.length = 0;
      await rollBack((manager) => one.service.rescheduleJob('late', far, { manager }));
      expect(one.of('late')).toEqual([]);
      await dataSource.transaction(async (manager) => {
        await one.service.rescheduleJob('late', far, { manager });
        expect(one.of('late')).toEqual([]);
      });
      expect(one.of('late')).toEqual(['run.skipped', 'job.rescheduled']);
      const { runs } = await one.service.getRuns({ jobId: 'late' });
      expect(runs).toMatchObject([{ state: 'skipped', reason: 'rescheduled', count: 1 }]);
    });

    it('removes a job with the commit and not before', async () => {
      await rollBack((manager) => one.service.removeJob('kept', { manager }));
      expect(await one.service.getJob('kept')).not.toBeNull();
      expect(one.of('kept')).toEqual([]);

      await dataSource.transaction(async (manager) => {
        await one.service.removeJob('kept', { manager });
        await refusal(() => one.service.removeJob('kept', { manager }), '"kept"', '"default"');
        expect(await one.service.getJob('kept')).not.toBeNull();
      });
      expect(await one.service.getJob('kept')).toBeNull();
      expect(one.of('kept')).toEqual(['job.removed']);
    });

    it('runs a job with the commit and not before', async () => {
      await rollBack((manager) => one.service.runJob('kept', { manager }));
      expect((await one.service.getRuns({ jobId: 'kept' })).runs).toEqual([]);

      const done = Promise.race([one.next('run.succeeded', 'kept'), other.next('run.succeeded', 'kept')]);
      const run = await dataSource.transaction(async (manager) => {
        const asked = await one.service.runJob('kept', { manager });
        expect(asked).toMatchObject({ jobId: 'kept', state: 'queued' });
        expect(one.of('kept')).toEqual([]);
        return asked;
      });
      await done;
      expect((await one.service.getRuns({ jobId: 'kept' })).runs).toMatchObject([{ runId: run.runId }]);
    });

    it('is undone with an inner transaction alone', async () => {
      await dataSource.transaction(async (manager) => {
        await one.service.addJob({ id: 'outer', task: 'work', trigger: far }, { manager });
        const inner = manager.transaction(async (nested) => {
          await one.service.addJob({ id: 'inner', task: 'work', trigger: far }, { manager: nested });
          throw undone;
        });
        await expect(inner).rejects.toBe(undone);
      });
      expect([one.of('outer'), one.of('inner')]).toEqual([['job.added'], []]);
      expect((await one.service.getJobs({ store: 'default' })).map(({ id }) => id)).toEqual(['kept', 'outer']);
    });

    it('can be refused for a name that is taken without spoiling the transaction', async () => {
      await dataSource.transaction(async (manager) => {
        await order(manager);
        const error = await refusal(
          () => one.service.addJob({ id: 'kept', task: 'work', trigger: far }, { manager }),
          '"kept"',
          'onConflict',
        );
        expect(error.code).toBe('CONFLICTING_JOB_ID');
        await one.service.addJob({ id: 'kept', task: 'work', trigger: far, onConflict: 'ignore' }, { manager });
      });
      expect(await orders()).toBe(1);
    });

    it('takes a task that only another live node knows, and refuses one that nobody does', async () => {
      other.service.registerTask('elsewhere', () => undefined);
      await expect
        .poll(async () => (await addsFor('elsewhere')) ?? 'added', { timeout: 5_000, interval: 5 })
        .toBe('added');
      expect(await addsFor('nowhere')).toBe('UNKNOWN_TASK');
    });

    const addsFor = async (task: string): Promise<string | null> => {
      try {
        await dataSource.transaction((manager) =>
          one.service.addJob({ id: 'new', task, trigger: far, onConflict: 'replace' }, { manager }),
        );
        return null;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };

    it('goes through the verbs of a job, too', async () => {
      const job = (await one.service.getJob('kept'))!;
      await dataSource.transaction(async (manager) => {
        await job.modify({ tags: ['b'] }, { manager });
        await job.reschedule(interval({ hours: 3 }), { manager });
        await job.pause({ manager });
        await job.resume({ manager });
        await job.run({ manager });
        await job.remove({ manager });
        expect((await one.service.getJob('kept'))?.tags).toEqual([]);
      });
      expect(await one.service.getJob('kept')).toBeNull();
    });

    it('is refused, and nothing is changed, where it can not be part of the transaction', async () => {
      await one.service.addJob({ id: 'in-memory', task: 'work', trigger: far, store: 'memory' });
      await dataSource.transaction(async (manager) => {
        const removed = () => one.service.removeJob('in-memory', { store: 'memory', manager });
        expect((await refusal(removed, '"memory"', 'memory of this process')).code).toBe('TRANSACTION_UNSUPPORTED');
        // It is looked for where the transaction can reach.
        await refusal(() => one.service.removeJob('in-memory', { manager }), 'no job', '"default"');
        const added = () => one.service.addJob({ task: 'work', trigger: far, store: 'local' }, { manager });
        expect((await refusal(added, '"local"')).code).toBe('TRANSACTION_UNSUPPORTED');
        await refusal(() => one.service.pauseJob('kept', { wait: true, manager }), 'wait', 'manager');
      });
      const { manager } = dataSource;
      const late = await refusal(() => one.service.removeJob('kept', { manager }), 'dataSource.transaction');
      expect(late.code).toBe('TRANSACTION_NOT_ACTIVE');
      await refusal(() => one.service.removeJob('kept', { manager: null as never }), 'dataSource.transaction');
      await refusal(() => one.service.addJob({ task: 'work', trigger: far }, { manger: 1 } as never), '"manager"');
      expect(await one.service.getJob('in-memory')).not.toBeNull();
      expect(await one.service.getJob('kept')).not.toBeNull();
      await one.service.removeJob('in-memory');
    });

    it('goes without a transaction when there is no manager', async () => {
      await one.service.addJob({ id: 'new', task: 'work', trigger: far }, { manager: undefined });
      await one.service.removeJob('new', { manager: undefined });
      expect(one.of('new')).toEqual(['job.added', 'job.removed']);
    });

    it('leaves the scheduler to its work: every fire beside many transactions is on record once', async () => {
      await one.service.addJob({ id: 'beside', task: 'work', trigger: interval(50), maxInstances: 10 });
      const handled: string[] = [];
      for (let i = 0; i < 20; i++) {
        const change = async (manager: EntityManager) => {
          await order(manager);
          await one.service.addJob({ id: `job-${i}`, task: 'work', trigger: at(new Date()) }, { manager });
          await one.service.runJob('beside', { manager });
          if (i % 2 === 1) throw undone;
        };
        const done = Promise.race([one.next('run.succeeded', `job-${i}`), other.next('run.succeeded', `job-${i}`)]);
        done.then(
          () => handled.push(`job-${i}`),
          () => undefined,
        );
        if (i % 2 === 1) await expect(dataSource.transaction(change)).rejects.toBe(undone);
        else {
          await dataSource.transaction(change);
          await done;
        }
      }
      await one.service.removeJob('beside');
      expect(handled).toEqual(Array.from({ length: 10 }, (_, i) => `job-${i * 2}`));
      expect(await orders()).toBe(10);
      const { runs } = await one.service.getRuns({ jobId: 'beside', limit: 1_000 });
      expect(runs.filter(({ origin }) => origin === 'manual')).toHaveLength(10);
      const slots = runs.filter(({ origin }) => origin === 'schedule').map(({ scheduledTime }) => +scheduledTime);
      expect(new Set(slots).size).toBe(slots.length);
    });
  });
}
