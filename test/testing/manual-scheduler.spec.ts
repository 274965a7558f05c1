import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { OnSchedulerEvent } from '../../lib/decorators/on-scheduler-event.decorator.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import { InvalidOptionError, WaitsForItselfError } from '../../lib/engine/engine-errors.js';
import { currentRun } from '../../lib/executors/run-context.js';
import { RunTimeoutError } from '../../lib/executors/executor-errors.js';
import { JobNotFoundError, InvalidJobOptionError } from '../../lib/jobs/job-errors.js';
import { SchedulerModule } from '../../lib/scheduler.module.js';
import type { SchedulerModuleOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import type { JobStore } from '../../lib/stores/job-store.js';
import { ManualScheduler, type ManualSchedulerOptions } from '../../lib/testing/manual-scheduler.js';
import { settle } from '../../lib/testing/settle.js';
import { ManualSchedulerError, NotDrainedError } from '../../lib/testing/testing-errors.js';
import { at, cron, interval } from '../../lib/triggers/factories.js';
import { InvalidDurationError, InvalidInstantError } from '../../lib/triggers/trigger-errors.js';
import { closeAfterTest, Gate, logged, moduleOf, testLogger, useApps } from '../module/apps.js';

useApps();

const NO_DATABASE: JobStore = {
  kind: 'database',
  open: () => Promise.reject(new Error('There is no database in this test.')),
};

/** What a user has: a module that knows nothing of tests. */
function appModule(providers: ModuleMetadata['providers'], options: SchedulerModuleOptions = {}): Type {
  return moduleOf({ imports: [SchedulerModule.forRoot({ store: NO_DATABASE, ...options })], providers });
}

async function start(root: Type, options?: ManualSchedulerOptions) {
  const scheduler = new ManualScheduler(options);
  const builder = Test.createTestingModule({ imports: [root] }).setLogger(testLogger());
  const app = closeAfterTest(await scheduler.override(builder).compile());
  await app.init();
  return { scheduler, app, service: app.get(SchedulerService) };
}

@Injectable()
class Reports {
  readonly made: string[] = [];

  @Cron('0 3 * * *', { id: 'report', timeZone: 'Europe/Berlin' })
  async make() {
    // Real I/O: no number of turns would do.
    await pause(5);
    this.made.push(currentRun().scheduledTime.toISOString());
  }
}

describe('an application under test', () => {
  it('keeps its module: clock and stores are replaced, and the rest is as it was given', async () => {
    const { scheduler, app, service } = await start(appModule([Reports], { timeZone: 'Asia/Tokyo' }));
    await scheduler.advance({ days: 2 });
    expect(app.get(Reports).made).toEqual(['2030-01-01T02:00:00.000Z', '2030-01-02T02:00:00.000Z']);
    const tokyo = await service.addJob({ id: 'tokyo', task: 'Reports.make', trigger: cron('0 10 * * *') });
    expect(tokyo.nextFire?.toISOString()).toBe('2030-01-03T01:00:00.000Z');
  });

  it('may have options that come from elsewhere, several stores, and providers that are replaced as well', async () => {
    @Injectable()
    class Mailer {
      send(): string {
        throw new Error('No mail is sent in tests.');
      }
    }
    @Injectable()
    class Digest {
      constructor(readonly mailer: Mailer) {}

      @Interval({ hours: 1 }, { store: 'fast' })
      send() {
        return this.mailer.send();
      }
    }
    Reflect.defineMetadata('design:paramtypes', [Mailer], Digest);
    const stores = { default: NO_DATABASE, fast: { ...NO_DATABASE } };
    const scheduling = SchedulerModule.forRootAsync({ useFactory: () => ({ stores }) });
    const root = moduleOf({ imports: [scheduling], providers: [Digest, Mailer] });
    const scheduler = new ManualScheduler();
    const builder = scheduler.override(Test.createTestingModule({ imports: [root] }).setLogger(testLogger()));
    const app = closeAfterTest(
      await builder
        .overrideProvider(Mailer)
        .useValue({ send: () => 'sent' })
        .compile(),
    );
    await app.init();
    await scheduler.advance({ hours: 1 });
    const [run] = await scheduler.runsOf('Digest.send');
    expect(run).toMatchObject({ state: 'succeeded', store: 'fast', result: 'sent' });
  });

  it('is told what is wrong with its own options', async () => {
    const builder = Test.createTestingModule({ imports: [appModule([], { leaseTtl: 1 })] });
    const compiling = new ManualScheduler().override(builder.setLogger(testLogger())).compile();
    await expect(compiling).rejects.toThrow(InvalidOptionError);
  });

  it('lives through a year of a daily job, with every run on record', async () => {
    const { scheduler, app } = await start(appModule([Quick]));
    await scheduler.advance({ days: 365 });
    expect(app.get(Quick).calls).toBe(365);
    const runs = await scheduler.runsOf('quick');
    expect(runs).toHaveLength(365);
    expect(runs[0]?.scheduledTime.toISOString()).toBe('2030-01-01T03:00:00.000Z');
    expect(runs.at(-1)?.scheduledTime.toISOString()).toBe('2030-12-31T03:00:00.000Z');
    expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['succeeded']));
  });

  it('forgets runs where its own options say so', async () => {
    const { scheduler } = await start(appModule([Quick], { historyRetention: { maxAge: { days: 10 } } }));
    await scheduler.advance({ days: 100 });
    expect((await scheduler.runsOf('quick')).length).toBeLessThanOrEqual(11);
  });
});

@Injectable()
class Quick {
  calls = 0;

  @Cron('0 3 * * *', { id: 'quick' })
  tick() {
    this.calls++;
  }
}

@Injectable()
class Steps {
  readonly seen: string[] = [];
  scheduler!: ManualScheduler;
  gate = new Gate();

  note(what: string) {
    this.seen.push(`${what} ${this.scheduler.now.toISOString().slice(11, 19)}`);
  }

  @Task()
  async slow() {
    this.note('begin');
    await pause(3);
    this.note('end');
  }

  @Task()
  fast() {
    this.note('fast');
  }

  @Task()
  fail() {
    this.note('fail');
    throw new Error('not yet');
  }

  @Task()
  async sleeper() {
    await this.scheduler.sleep({ seconds: 90 });
    this.note('awake');
  }

  @Task()
  async gated() {
    this.note('waiting');
    await this.gate.opened;
    this.note('gone on');
  }

  @Task()
  async abortable() {
    await new Promise((_, reject) => {
      const { signal } = currentRun();
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
}

async function startSteps(options?: ManualSchedulerOptions, moduleOptions?: SchedulerModuleOptions) {
  const started = await start(appModule([Steps], moduleOptions), options);
  const steps = started.app.get(Steps);
  steps.scheduler = started.scheduler;
  return { ...started, steps };
}

describe('advance', () => {
  it('fires what falls due in order, at its instant, and awaits each handler before the time moves on', async () => {
    const { scheduler, service, steps } = await startSteps();
    await service.addJob({ id: 'slow', task: 'Steps.slow', trigger: interval({ seconds: 2 }) });
    await service.addJob({ id: 'fast', task: 'Steps.fast', trigger: interval({ seconds: 3 }) });
    await scheduler.advance({ seconds: 4 });
    const seen = ['begin 00:00:02', 'end 00:00:02', 'fast 00:00:03', 'begin 00:00:04', 'end 00:00:04'];
    expect(steps.seen).toEqual(seen);
    expect(scheduler.now.toISOString()).toBe('2030-01-01T00:00:04.000Z');
  });

  it('awaits what a handler sets off: a job added for now, and a run by hand', async () => {
    const { scheduler, service, steps } = await startSteps();
    service.registerTask('chain', async () => {
      await service.addJob({ id: 'now', task: 'Steps.slow', trigger: at(scheduler.now) });
    });
    await service.addJob({ id: 'chain', task: 'chain', trigger: interval({ seconds: 1 }) });
    await scheduler.advance({ seconds: 1 });
    await service.runJob('chain');
    await scheduler.advance(0);
    expect(steps.seen).toEqual(['begin 00:00:01', 'end 00:00:01', 'begin 00:00:01', 'end 00:00:01']);
  });

  it('follows retries', async () => {
    const { scheduler, service, steps } = await startSteps();
    const retry = { maxAttempts: 3, backoff: 'exponential', delay: { minutes: 10 } } as const;
    await service.addJob({ id: 'fail', task: 'Steps.fail', trigger: at('2030-01-01T01:00'), retry });
    await scheduler.advance({ hours: 2 });
    expect(steps.seen).toEqual(['fail 01:00:00', 'fail 01:10:00', 'fail 01:30:00']);
    expect(await scheduler.runsOf('fail')).toMatchObject([{ state: 'failed', attempt: 3 }]);
  });

  it('follows timeouts, in no real time where a handler sleeps', async () => {
    const { scheduler, service } = await startSteps({ patience: { hours: 1 } });
    const trigger = at('2030-01-01T01:00');
    await service.addJob({ id: 'sleeper', task: 'Steps.sleeper', trigger, timeout: { seconds: 20 } });
    await scheduler.advanceTo('2030-01-01T01:00:19.999Z');
    expect(await scheduler.runsOf('sleeper')).toMatchObject([{ state: 'running' }]);
    await scheduler.advance(1);
    const error = { name: RunTimeoutError.name };
    expect(await scheduler.runsOf('sleeper')).toMatchObject([{ state: 'failed', error }]);
  });

  it('goes on after its patience where a handler waits for its signal', async () => {
    const { scheduler, service } = await startSteps({ patience: 20 });
    await service.addJob({ id: 'x', task: 'Steps.abortable', trigger: at('2030-01-01T01:00'), timeout: 500 });
    await scheduler.advance({ hours: 1, milliseconds: 500 });
    expect(await scheduler.runsOf('x')).toMatchObject([{ state: 'failed' }]);
  });

  it('lets handlers overlap that sleep', async () => {
    const { scheduler, service, steps } = await startSteps({ patience: { hours: 1 } });
    await service.addJob({ id: 'sleeper', task: 'Steps.sleeper', trigger: interval({ minutes: 1 }) });
    await scheduler.advance({ minutes: 3 });
    expect(steps.seen).toEqual(['awake 00:02:30']);
    const runs = await scheduler.runsOf('sleeper');
    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'skipped', 'running']);
  });

  it('leaves a handler that waits for the test, and hears of its end', async () => {
    const { scheduler, service, steps } = await startSteps({ patience: 10 });
    await service.addJob({ id: 'gated', task: 'Steps.gated', trigger: at('2030-01-01T01:00') });
    await scheduler.advance({ hours: 2 });
    expect(await scheduler.runsOf('gated')).toMatchObject([{ state: 'running' }]);
    steps.gate.open();
    await scheduler.runDue();
    expect(steps.seen).toEqual(['waiting 01:00:00', 'gone on 02:00:00']);
    expect(await scheduler.runsOf('gated')).toMatchObject([{ state: 'succeeded' }]);
  });

  it('shows a step of the wall clock as downtime: misfires are judged', async () => {
    const { scheduler, service } = await startSteps();
    const grace = { misfireGraceTime: { minutes: 5 } };
    await service.addJob({ id: 'strict', task: 'Steps.fast', trigger: cron('0 1 * * *'), ...grace });
    await service.addJob({ id: 'patient', task: 'Steps.fast', trigger: cron('0 1 * * *') });
    scheduler.clock.step(6 * 3_600_000);
    await scheduler.runDue();
    expect(await scheduler.runsOf('strict')).toMatchObject([{ state: 'missed' }]);
    expect(await scheduler.runsOf('patient')).toMatchObject([{ state: 'succeeded', lateness: 5 * 3_600_000 }]);
  });

  it('keeps calls apart that are not awaited', async () => {
    const { scheduler, service, steps } = await startSteps();
    await service.addJob({ id: 'slow', task: 'Steps.slow', trigger: interval({ seconds: 1 }) });
    const first = scheduler.advance({ seconds: 1 });
    await scheduler.advance({ seconds: 1 });
    await first;
    expect(steps.seen).toEqual(['begin 00:00:01', 'end 00:00:01', 'begin 00:00:02', 'end 00:00:02']);
  });

  it('has let the handlers of events run', async () => {
    @Injectable()
    class Alerts {
      readonly failed: string[] = [];

      @OnSchedulerEvent('run.failed')
      async note({ jobId }: { readonly jobId: string }) {
        await Promise.resolve();
        this.failed.push(jobId);
      }
    }
    const { scheduler, service, app } = await start(appModule([Alerts]));
    service.registerTask('fail', () => Promise.reject(new Error('no')));
    await service.addJob({ id: 'fail', task: 'fail', trigger: interval({ minutes: 1 }) });
    await scheduler.advance({ minutes: 2 });
    expect(app.get(Alerts).failed).toEqual(['fail', 'fail']);
  });

  it('P29 does not need fake timers, and stands them', async () => {
    const { scheduler, app } = await start(appModule([Quick]));
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
    try {
      await scheduler.advance({ days: 1 });
    } finally {
      vi.useRealTimers();
    }
    expect(app.get(Quick).calls).toBe(1);
  });
});

describe('drain', () => {
  it('sees retries through, and leaves the fires that are to come', async () => {
    const { scheduler, service, steps } = await startSteps({ now: '2030-01-01T00:30' });
    const retry = { maxAttempts: 2, backoff: 'fixed', delay: { minutes: 10 } } as const;
    await service.addJob({ id: 'fail', task: 'Steps.fail', trigger: cron('@hourly'), retry });
    await scheduler.advance({ minutes: 30 });
    await scheduler.drain();
    expect(steps.seen).toEqual(['fail 01:00:00', 'fail 01:10:00']);
    expect(scheduler.now.toISOString()).toBe('2030-01-01T01:10:00.000Z');
  });

  it('does not move the time when nothing runs', async () => {
    const { scheduler } = await startSteps();
    await scheduler.drain();
    expect(scheduler.now.toISOString()).toBe('2030-01-01T00:00:00.000Z');
  });

  it('waits for a handler that the test has let go, be it slow', async () => {
    const { scheduler, service, steps } = await startSteps({ patience: 200 });
    service.registerTask('slow', async () => {
      await steps.gate.opened;
      await pause(20);
    });
    await service.addJob({ id: 'gated', task: 'slow', trigger: at(scheduler.now) });
    await scheduler.runDue();
    steps.gate.open();
    await scheduler.drain();
    expect(await scheduler.runsOf('gated')).toMatchObject([{ state: 'succeeded' }]);
  });

  it('names the runs that have not ended when the time is over', async () => {
    const { scheduler, service } = await startSteps({ patience: 10 });
    await service.addJob({ id: 'gated', task: 'Steps.gated', trigger: at(scheduler.now) });
    const runId = 'gated@2030-01-01T00:00:00.000Z';
    await expect(scheduler.drain()).rejects.toMatchObject({ code: 'NOT_DRAINED', runIds: [runId] });
    expect(scheduler.now.toISOString()).toBe('2030-01-02T00:00:00.000Z');
    await service.addJob({ id: 'often', task: 'Steps.fast', trigger: interval({ minutes: 1 }) });
    await expect(scheduler.drain({ within: { minutes: 90 } })).rejects.toThrow(NotDrainedError);
    expect(scheduler.now.toISOString()).toBe('2030-01-02T01:30:00.000Z');
  });
});

describe('runsOf', () => {
  it('answers runs of a job that is gone, and refuses an id that never was', async () => {
    const { scheduler, service } = await startSteps();
    await service.addJob({ id: 'once', task: 'Steps.fast', trigger: at(scheduler.now) });
    await service.addJob({ id: 'later', task: 'Steps.fast', trigger: interval({ days: 1 }) });
    await scheduler.runDue();
    expect(await service.getJob('once')).toBeNull();
    expect(await scheduler.runsOf('once')).toHaveLength(1);
    expect(await scheduler.runsOf('later')).toEqual([]);
    await expect(scheduler.runsOf('onse')).rejects.toThrow(JobNotFoundError);
  });

  it('answers more runs than a page of the history has', async () => {
    const { scheduler, service } = await startSteps();
    await service.addJob({ id: 'often', task: 'Steps.fast', trigger: interval({ seconds: 1 }) });
    await scheduler.advance({ seconds: 2_500 });
    const runs = await scheduler.runsOf('often');
    expect(runs.map(({ scheduledTime }) => Number(scheduledTime))).toEqual(
      Array.from({ length: 2_500 }, (_, n) => Date.UTC(2030, 0, 1) + (n + 1) * 1_000),
    );
  });
});

describe('the end', () => {
  it('comes at once for handlers that sleep or wait: the time moves until they are aborted', async () => {
    const { scheduler, service, app } = await startSteps({ patience: 20 }, { shutdownTimeout: { seconds: 30 } });
    await service.addJob({ id: 'sleeper', task: 'Steps.sleeper', trigger: at(scheduler.now) });
    await service.addJob({ id: 'gated', task: 'Steps.gated', trigger: at(scheduler.now) });
    await scheduler.runDue();
    await app.close();
    expect(scheduler.now.toISOString()).toBe('2030-01-01T00:00:30.000Z');
    expect(service.state).toBe('stopped');
  });

  it('waits for handlers that are at work', async () => {
    const { scheduler, service, steps, app } = await startSteps();
    await service.addJob({ id: 'slow', task: 'Steps.slow', trigger: at(scheduler.now) });
    const running = scheduler.runDue();
    while (steps.seen.length === 0) await settle();
    await app.close();
    await running;
    expect(steps.seen).toEqual(['begin 00:00:00', 'end 00:00:00']);
  });

  it('lets the same scheduler drive another application, which goes on in time', async () => {
    const { scheduler, app } = await start(appModule([Quick]));
    await scheduler.advance({ days: 1 });
    await app.close();
    const builder = Test.createTestingModule({ imports: [appModule([Quick])] }).setLogger(testLogger());
    const next = closeAfterTest(await scheduler.override(builder).compile());
    await next.init();
    await scheduler.advance({ days: 1 });
    const [run] = await scheduler.runsOf('quick');
    expect(run?.scheduledTime.toISOString()).toBe('2030-01-02T03:00:00.000Z');
  });
});

describe('a mistake in a test', () => {
  it('is refused: options and arguments that there are not', async () => {
    expect(() => new ManualScheduler({ start: 'now' } as object)).toThrow(InvalidJobOptionError);
    expect(() => new ManualScheduler({ now: 'soon' })).toThrow(InvalidInstantError);
    expect(() => new ManualScheduler({ patience: -1 })).toThrow(InvalidDurationError);
    expect(() => new ManualScheduler().override({} as never)).toThrow(ManualSchedulerError);
    const { scheduler } = await startSteps();
    await expect(scheduler.advance(-1)).rejects.toThrow(InvalidDurationError);
    await expect(scheduler.advanceTo('2029-01-01')).rejects.toThrow(/2029-01-01T00:00:00.000Z is past/);
    await expect(scheduler.drain({ in: 1 } as object)).rejects.toThrow(InvalidJobOptionError);
    await expect(scheduler.runsOf('x', { of: 1 } as object)).rejects.toThrow(InvalidJobOptionError);
    await expect(scheduler.sleep(-1)).rejects.toThrow(InvalidDurationError);
  });

  it('is told: no application, or one that was not started', async () => {
    const scheduler = new ManualScheduler();
    await expect(scheduler.advance(1)).rejects.toThrow('imports SchedulerModule.forRoot()');
    await expect(scheduler.runsOf('x')).rejects.toThrow(ManualSchedulerError);
    const builder = Test.createTestingModule({ imports: [appModule([Quick])] }).setLogger(testLogger());
    closeAfterTest(await scheduler.override(builder).compile());
    await expect(scheduler.advance(1)).rejects.toThrow('await init()');
  });

  it('is told: two applications at once', async () => {
    const { scheduler } = await start(appModule([Quick]));
    const builder = Test.createTestingModule({ imports: [appModule([Quick])] }).setLogger(testLogger());
    await expect(scheduler.override(builder).compile()).rejects.toThrow(ManualSchedulerError);
  });

  it('may be mended: an application that failed to start makes room for the next', async () => {
    const scheduler = new ManualScheduler();
    const broken = appModule([{ provide: 'x', useFactory: () => Promise.reject(new Error('no')) }]);
    const compiling = scheduler.override(Test.createTestingModule({ imports: [broken] })).setLogger(testLogger());
    await expect(compiling.compile()).rejects.toThrow('no');
    const idle = scheduler.override(Test.createTestingModule({ imports: [appModule([])] })).setLogger(testLogger());
    const unused = await idle.compile();
    const mended = scheduler.override(Test.createTestingModule({ imports: [appModule([Quick])] }));
    const app = closeAfterTest(await mended.setLogger(testLogger()).compile());
    await app.init();
    await unused.close();
    await scheduler.advance({ days: 1 });
    expect(app.get(Quick).calls).toBe(1);
  });

  it('is told: a handler that moves the time would wait for itself', async () => {
    const { scheduler, service } = await startSteps();
    service.registerTask('mover', () => scheduler.advance(1));
    await service.addJob({ id: 'mover', task: 'mover', trigger: at(scheduler.now) });
    await scheduler.runDue();
    const error = { name: WaitsForItselfError.name };
    expect(await scheduler.runsOf('mover')).toMatchObject([{ state: 'failed', error }]);
  });
});

describe('an application without a ManualScheduler', () => {
  it('has its own stores', async () => {
    const builder = Test.createTestingModule({ imports: [appModule([Quick])] }).setLogger(testLogger());
    const app = closeAfterTest(await builder.compile());
    await expect(app.init()).rejects.toThrow('There is no database in this test.');
    expect(logged('error')).toHaveLength(1);
  });
});
