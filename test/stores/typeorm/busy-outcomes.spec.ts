import type { EntityManager } from 'typeorm';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../../lib/clock.js';
import { Scheduler } from '../../../lib/engine/scheduler.js';
import type { SchedulerEvent } from '../../../lib/events/scheduler-event.js';
import { functionTask } from '../../../lib/executors/function-task.js';
import type { JobRecord } from '../../../lib/jobs/job-record.js';
import type { RunRecord } from '../../../lib/jobs/run-record.js';
import { resolveOptions } from '../../../lib/scheduler.options.js';
import { SchedulerService } from '../../../lib/scheduler.service.js';
import type { Completion, JobStoreSession } from '../../../lib/stores/job-store.js';
import { MysqlProtocol } from '../../../lib/stores/typeorm/drivers/mysql-protocol.js';
import { PostgresProtocol } from '../../../lib/stores/typeorm/drivers/postgres-protocol.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';
import { deferred, type Deferred } from '../../engine/support/deferred.js';
import { isThere, MYSQL, POSTGRES } from '../../support/servers.js';
import { aClaim, aJob, aNode, HOUR } from '../../support/store-fixtures.js';
import type { CallerConnections } from './caller-database.js';
import { ServerTables, type ServerType } from './server-tables.js';

const SERVERS: readonly { readonly type: ServerType; readonly isRunnable: boolean }[] = [
  { type: 'postgres', isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', isRunnable: await isThere(MYSQL) },
];

const NODE = 'node-1';
const LAST = { plan: { nextFireAt: null, nextDueAt: null } };

/** How a job comes to have a run. */
const RUNS = [
  ['fires again', {}],
  // On PostgreSQL its run carries it.
  ['has fired for the last time', LAST],
] as const;

for (const { type, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`on ${type}, while a transaction of an application holds a job`, () => {
    const tables = new ServerTables(type);
    let session: JobStoreSession;
    let dispose: () => Promise<void>;
    let connections: CallerConnections;

    beforeEach(async () => {
      ({ session, dispose } = await tables.openEmpty(new SystemClock()));
      connections = await tables.openCallers();
      await session.joinNode(aNode(NODE), HOUR);
    });
    afterEach(async () => {
      await connections.close();
      await dispose();
    });
    afterAll(() => tables.drop());

    const startAll = async (claim: object): Promise<ReadonlyMap<string, RunRecord>> => {
      await session.putJobs(['a', 'b', 'x'], (id, _stored, { now }) => aJob({ id }, now));
      const { jobs } = await session.listJobs({});
      const { records } = await session.claim(
        NODE,
        jobs.map((job) => aClaim(job, claim)),
      );
      return new Map(records.map(({ run }) => [run.jobId, run]));
    };
    const ended = async (run: RunRecord, overrides: Partial<Completion> = {}): Promise<Completion> => {
      return {
        run,
        state: 'succeeded',
        finishedAt: await session.now(),
        outcome: null,
        retryDelayMs: null,
        ...overrides,
      };
    };
    /** Does `work` while an application holds `x`, which it changes so that its runs change, too. */
    const whileHeld = (
      work: () => Promise<void>,
      change = (job: JobRecord) => ({ ...job, gen: job.gen + 1, args: ['changed'] }),
    ) =>
      connections.dataSource.transaction(async (manager: EntityManager) => {
        await (await session.within(manager)).changeJobs(['x'], change);
        await work();
      });

    describe.each(RUNS)('that %s', (_how, claim) => {
      it.each([
        ['succeeds', {}],
        ['fails', { state: 'failed' }],
        ['is to be tried again', { state: 'failed', retryDelayMs: 0 }],
      ] as const)('its outcome, which %s, is answered as busy, the others are written, and then it', async (_, how) => {
        const runs = await startAll(claim);
        const outcomes = await Promise.all(['a', 'x', 'b'].map((id) => ended(runs.get(id)!, how)));
        await whileHeld(async () => {
          for (let round = 1; round <= 2; round++) {
            const { busy, fenced } = await session.complete(round === 1 ? outcomes : [outcomes[1]!]);
            expect([busy, fenced]).toEqual([[runs.get('x')], []]);
          }
          const { runs: running } = await session.listRuns({ states: ['running'], limit: 9 });
          expect(running.map(({ jobId }) => jobId)).toEqual(['x']);
        });
        const { busy = [], fenced, retrying } = await session.complete([outcomes[1]!]);
        expect([busy, fenced, retrying.length]).toEqual([[], [], 'retryDelayMs' in how ? 1 : 0]);
        expect((await session.listRuns({ states: ['running'], limit: 9 })).runs).toEqual([]);
      });

      it('is there still when that changes its mind', async () => {
        const runs = await startAll(claim);
        const outcome = await ended(runs.get('x')!);
        const undone = whileHeld(async () => {
          expect((await session.complete([outcome])).busy).toHaveLength(1);
          throw new Error('undone');
        });
        await expect(undone).rejects.toThrow('undone');
        expect(await session.complete([outcome])).toMatchObject({ fenced: [], finished: claim === LAST ? [{}] : [] });
      });

      it('an outcome of a run that others have ended is fenced all the same', async () => {
        const runs = await startAll(claim);
        await session.complete([await ended(runs.get('a')!)]);
        await whileHeld(async () => {
          const { fenced, busy = [] } = await session.complete([await ended(runs.get('a')!)]);
          expect([fenced, busy]).toEqual([[runs.get('a')], []]);
        });
      });
    });

    it('how far other runs are is kept, and they can end', async () => {
      const runs = await startAll({});
      await whileHeld(async () => {
        await session.noteProgress([...runs.values()].map((run) => ({ run, progress: 0.5 })));
        expect((await session.complete([await ended(runs.get('a')!)])).busy).toBeUndefined();
      });
      const progress = (await session.listRuns({ limit: 9 })).runs.map((run) => [run.jobId, run.progress]);
      expect(Object.fromEntries(progress)).toEqual({ a: 0.5, b: 0.5, x: null });
    });

    it('an outcome that has met the lock before does not wait for it again', async () => {
      const runs = await startAll({});
      const outcome = await ended(runs.get('x')!);
      const fault = vi.spyOn((type === 'postgres' ? PostgresProtocol : MysqlProtocol).prototype, 'faultOf');
      await whileHeld(async () => {
        await session.complete([outcome]);
        // PostgreSQL has told of it by an error.
        expect(fault).toHaveBeenCalledTimes(type === 'postgres' ? 1 : 0);
        fault.mockClear();
        expect((await session.complete([outcome])).busy).toEqual([outcome.run]);
        expect(fault).not.toHaveBeenCalled();
      });
      fault.mockRestore();
    });
  });

  describe.skipIf(!isRunnable)(
    `jobs of a process on ${type} of which an application holds one that has just run`,
    () => {
      const tables = new ServerTables(type);
      const beats = ['beat-1', 'beat-2', 'beat-3', 'beat-4', 'beat-5'];
      let scheduler: Scheduler;
      let service: SchedulerService;
      let events: SchedulerEvent[];
      let connections: CallerConnections;
      let work: Deferred;

      beforeEach(async () => {
        Logger.overrideLogger(false);
        scheduler = new Scheduler(resolveOptions({ stores: { default: new TypeOrmJobStore(tables.options) } }));
        service = new SchedulerService(scheduler);
        events = [];
        service.events$.subscribe((event) => events.push(event));
        work = deferred();
        scheduler.tasks.register(functionTask('beat', () => undefined, {}));
        scheduler.tasks.register(functionTask('work', () => work.promise, {}));
        await scheduler.start();
        connections = await tables.openCallers();
      });
      afterEach(async () => {
        await scheduler.shutdown(5_000);
        await connections.close();
        await tables.drop();
      });

      const of = (kind: SchedulerEvent['type'], jobId: string, from = 0) =>
        events.slice(from).filter((event) => event.type === kind && 'jobId' in event && event.jobId === jobId);
      /** Looks after each event: a loop that turns meanwhile would keep the scheduler from its work. */
      const until = (isSo: () => boolean) =>
        new Promise<void>((resolve) => {
          const subscription = service.events$.subscribe(() => {
            if (!isSo()) return;
            subscription.unsubscribe();
            resolve();
          });
        });

      it.each([
        ['comes again', interval({ hours: 1 }), true],
        ['has fired for the last time', at(new Date(Date.now() - 1_000)), false],
      ])(
        'go on, and its outcome follows the commit: one that %s',
        { timeout: 20_000 },
        async (_, trigger, isByHand) => {
          for (const id of beats) await service.addJob({ id, task: 'beat', trigger: interval(100) });
          await service.addJob({ id: 'x', task: 'work', trigger });
          if (isByHand) await service.runJob('x');
          await until(
            () => of('run.started', 'x').length > 0 && beats.every((id) => of('run.succeeded', id).length > 0),
          );
          let from = 0;
          await connections.dataSource.transaction(async (manager) => {
            await service.rescheduleJob('x', interval({ hours: 2 }), { manager });
            await service.modifyJob('x', { args: ['changed'] }, { manager });
            from = events.length;
            work.resolve();
            await until(() => beats.every((id) => of('run.succeeded', id, from).length >= 15));
            expect(of('run.succeeded', 'x')).toEqual([]);
          });
          const skipped = beats.flatMap((id) => of('run.skipped', id, from));
          // Of 75 at least: a slow machine may skip some.
          expect(skipped.length).toBeLessThan(25);
          await until(() => of('run.succeeded', 'x').length > 0);
          expect(events.filter(({ type: kind }) => kind === 'store.unavailable' || kind === 'run.fenced')).toEqual([]);
        },
      );
    },
  );
}
