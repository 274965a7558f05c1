import { Injectable, Module, Scope, type ModuleMetadata } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AfterStart } from '../../lib/decorators/after-start.decorator.js';
import { At } from '../../lib/decorators/at.decorator.js';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import type { JobOverride } from '../../lib/jobs/job-override.js';
import { SchedulerModule } from '../../lib/scheduler.module.js';
import type { SchedulerModuleOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import { cron, interval } from '../../lib/triggers/factories.js';
import { TypeOrmJobStore } from '../../lib/typeorm.js';
import { SqliteFolder } from '../stores/typeorm/sqlite-file.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';
import { logged, startApp, useApps } from './apps.js';

useApps();

const MINUTE = 60_000;
let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock('2030-01-01T00:00:30Z');
});

/** Counts the runs of its jobs. */
@Injectable()
class Reports {
  readonly runs: string[] = [];

  @Cron('* * * * *', { id: 'daily-report', tags: ['money'], maxInstances: 3 })
  daily() {
    this.runs.push('daily');
  }

  @Interval({ minutes: 1 }, { id: 'poll', disabled: true })
  poll() {
    this.runs.push('poll');
  }

  @AfterStart({ seconds: 5 }, { id: 'warm' })
  warm() {
    this.runs.push('warm');
  }
}

/** The application of a user, with the options as `forRoot` or as `forRootAsync` takes them. */
const FORMS: [string, (options: SchedulerModuleOptions) => ModuleMetadata][] = [
  ['forRoot', (options) => ({ imports: [SchedulerModule.forRoot(options)], providers: [Reports] })],
  [
    'forRootAsync',
    (options) => {
      @Injectable()
      class Settings {
        readonly options = options;
      }
      @Module({ providers: [Settings], exports: [Settings] })
      class SettingsModule {}
      const module = SchedulerModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => settings.options,
      });
      return { imports: [module], providers: [Reports] };
    },
  ],
];

describe.each(FORMS)('overrides given to %s', (_form, root) => {
  const start = (overrides: Record<string, JobOverride>, options: SchedulerModuleOptions = {}) =>
    startApp(root({ clock, overrides, ...options }));

  it('change the trigger and the options of a declared job, and leave the rest of it', async () => {
    const app = await start({ 'daily-report': { trigger: cron('15 * * * * *'), tags: ['hand'], timeout: 5000 } });
    expect(await app.get(SchedulerService).getJob('daily-report')).toMatchObject({
      trigger: cron('15 * * * * *'),
      nextFire: new Date('2030-01-01T00:01:15Z'),
      tags: ['hand'],
      options: { timeout: 5000, maxInstances: 3 },
    });
    await clock.advance(MINUTE);
    expect(app.get(Reports).runs).toEqual(['warm', 'daily']);
  });

  it('disable a job, and enable one that its decorator disables', async () => {
    const app = await start({
      'daily-report': { disabled: true },
      poll: { disabled: false },
      warm: { disabled: true },
    });
    await clock.advance(2 * MINUTE);
    expect(app.get(Reports).runs).toEqual(['poll', 'poll']);
    const jobs = await app.get(SchedulerService).getJobs();
    expect(jobs.map(({ id, state }) => [id, state])).toEqual([
      ['daily-report', 'disabled'],
      ['poll', 'active'],
      ['warm', 'disabled'],
    ]);
    expect(logged('log')).toContainEqual(expect.stringMatching(/^Disabled, .*: "daily-report", "warm"\.$/));
  });

  it('of retries leave the decorator its retryIf, which is code', async () => {
    const retry = { maxAttempts: 3, delay: 1000 };
    const asked: string[] = [];
    @Injectable()
    class Failing {
      @Cron('* * * * *', { id: 'failing', retry: { maxAttempts: 2, retryIf: () => asked.push('asked') > 1 } })
      fail() {
        throw new Error('no');
      }
    }
    const { imports = [] } = root({ clock, overrides: { failing: { retry } } });
    const app = await startApp({ imports, providers: [Failing] });
    await clock.advance(MINUTE);
    const { runs } = await app.get(SchedulerService).getRuns({ jobId: 'failing' });
    expect(runs).toMatchObject([{ state: 'failed', attempt: 1 }]);
    expect(asked).toHaveLength(1);
  });

  it('of a job that nobody declares are refused, with the id that may be meant', async () => {
    await expect(start({ 'daly-report': { disabled: true } })).rejects.toMatchObject({
      code: 'INVALID_OVERRIDE',
      message: expect.stringMatching(/overrides\['daly-report'\].*Did you mean "daily-report"\?/) as string,
    });
    await expect(start({ xyz: { disabled: true } })).rejects.toThrow(/Declared: daily-report, poll, warm\./);
  });

  it('of a job that nobody declares are refused by a process that runs none, too', async () => {
    const start_ = start({ 'daly-report': { disabled: true } }, { autoStart: false });
    await expect(start_).rejects.toMatchObject({ code: 'INVALID_OVERRIDE' });
  });

  it('that are wrong are refused, naming the override', async () => {
    await expect(start({ 'daily-report': { maxInstnces: 1 } as never })).rejects.toThrow(
      /overrides\['daily-report'\].*"maxInstnces".*"maxInstances"/,
    );
    await expect(start({ 'daily-report': { trigger: '0 3 * * *' as never } })).rejects.toThrow(
      /overrides\['daily-report'\]: trigger must be made by cron/,
    );
  });

  it('that name a store or an executor that does not exist stop the start, naming the override', async () => {
    const named = /"daily-report" \(Reports\.daily \(AppModule\), with overrides\['daily-report'\]\).*"cpu"/;
    await expect(start({ 'daily-report': { executor: 'cpu' } })).rejects.toThrow(named);
    await expect(start({ 'daily-report': { store: 'cpu' } })).rejects.toThrow(/"daily-report".*"cpu"/);
  });

  it('that an @AfterStart can not follow are refused', async () => {
    await expect(start({ warm: { trigger: cron('* * * * *') } })).rejects.toMatchObject({
      code: 'INVALID_OVERRIDE',
      message: expect.stringMatching(/overrides\['warm'\]: Reports\.warm .*@AfterStart.*no trigger/) as string,
    });
    await expect(start({ warm: { store: 'default' } })).rejects.toThrow(/overrides\['warm'\].*"default".*'cluster'/);
  });
});

describe('overrides given twice', () => {
  const start = (...overrides: Record<string, JobOverride>[]) =>
    startApp({
      imports: overrides.map((each) => SchedulerModule.forRoot({ clock, overrides: each })),
      providers: [Reports],
    });

  it('are shared when they say the same, and refused with their place when they differ', async () => {
    const override = () => ({ 'daily-report': { trigger: cron('0 4 * * *'), tags: ['a'] } });
    const app = await start(override(), override());
    expect(await app.get(SchedulerService).getJob('daily-report')).toMatchObject({ tags: ['a'] });
    await expect(start(override(), { 'daily-report': { trigger: cron('0 5 * * *'), tags: ['a'] } })).rejects.toThrow(
      /"overrides\.daily-report\.trigger.*differs/,
    );
  });
});

describe('a declared job over several starts of the module on one SQLite file', () => {
  const folder = { current: null as SqliteFolder | null };
  beforeEach(() => {
    folder.current = new SqliteFolder();
  });
  afterEach(() => folder.current?.remove());

  /** Starts the application, works with it, stops it, and lets two minutes pass. */
  async function live(override: JobOverride, work: (scheduler: SchedulerService, reports: Reports) => Promise<void>) {
    const store = new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.current!.file() });
    const overrides = { 'daily-report': override };
    const app = await startApp({
      imports: [SchedulerModule.forRoot({ clock, store, overrides })],
      providers: [Reports],
    });
    await settle();
    await work(app.get(SchedulerService), app.get(Reports));
    const closed = app.close();
    await clock.advance(2 * MINUTE);
    await closed;
  }

  it('is disabled and enabled by overrides: nothing is caught up, history and pause stay, nobody is warned', async () => {
    await live({}, async (scheduler) => {
      await clock.advance(MINUTE);
      expect((await scheduler.getRuns({ jobId: 'daily-report' })).runs).toHaveLength(1);
    });
    await live({ disabled: true }, async (scheduler, { runs }) => {
      await clock.advance(MINUTE);
      expect(runs).toEqual(['warm']);
      expect(await scheduler.getJob('daily-report')).toMatchObject({ state: 'disabled', nextFire: null, runCount: 1 });
      expect((await scheduler.getRuns({ jobId: 'daily-report' })).runs).toHaveLength(1);
      await scheduler.pauseJob('daily-report');
    });
    await live({ disabled: false }, async (scheduler, { runs }) => {
      expect(await scheduler.getJob('daily-report')).toMatchObject({ state: 'paused', runCount: 1 });
      await scheduler.resumeJob('daily-report');
      await clock.advance(MINUTE);
      expect(runs).toEqual(['warm', 'daily']);
      const { runs: onRecord } = await scheduler.getRuns({ jobId: 'daily-report' });
      expect(onRecord.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    });
    expect(logged('warn')).toEqual([]);
  });

  it('counts from now with another trigger in the overrides, and keeps its next fire with the same', async () => {
    const trigger = cron('15 */5 * * * *');
    await live({}, async () => undefined);
    await live({ trigger }, async (scheduler) => {
      expect((await scheduler.getJob('daily-report'))?.nextFire).toEqual(new Date('2030-01-01T00:05:15Z'));
    });
    await clock.advance(MINUTE);
    await live({ trigger, tags: ['late'] }, async (scheduler) => {
      const { runs } = await scheduler.getRuns({ jobId: 'daily-report', state: 'succeeded' });
      expect(runs.map(({ scheduledTime }) => scheduledTime)).toEqual([new Date('2030-01-01T00:05:15Z')]);
      expect(await scheduler.getJob('daily-report')).toMatchObject({ tags: ['late'] });
    });
  });
});

class AppConfig {
  readonly reportCron: string | null | undefined = '* * * * *';
  readonly pollEvery: unknown = { minutes: 2 };
  readonly launchAt: unknown = '2030-01-01T00:01:00';
}

/** Resolvers for each decorator that takes one. */
function resolved(config: Partial<AppConfig> = {}, options: SchedulerModuleOptions = { resolveWith: AppConfig }) {
  @Injectable()
  class Jobs {
    readonly runs: string[] = [];

    @Cron((given: AppConfig) => given.reportCron as string | null, { id: 'report' })
    report() {
      this.runs.push('report');
    }

    @Interval((given: AppConfig) => given.pollEvery as number, { id: 'poll', startAt: '2030-01-01T00:00:40Z' })
    poll() {
      this.runs.push('poll');
    }

    @At((given: AppConfig) => given.launchAt as string, { id: 'launch', timeZone: 'UTC' })
    launch() {
      this.runs.push('launch');
    }
  }
  @Module({ providers: [{ provide: AppConfig, useValue: Object.assign(new AppConfig(), config) }] })
  class ConfigModule {}
  const root = { imports: [SchedulerModule.forRoot({ clock, ...options }), ConfigModule], providers: [Jobs] };
  return { Jobs, ConfigModule, start: () => startApp(root) };
}

describe('a resolver in place of the trigger', () => {
  it('gets the provider that resolveWith names, wherever it stands, and the options of the decorator apply', async () => {
    const { Jobs, start } = resolved();
    const app = await start();
    const jobs = await app.get(SchedulerService).getJobs();
    expect(jobs.map(({ id, nextFire }) => [id, nextFire?.toISOString().slice(14, 19)])).toEqual([
      ['launch', '01:00'],
      ['poll', '00:40'],
      ['report', '01:00'],
    ]);
    await clock.advance(MINUTE);
    expect(app.get(Jobs).runs.toSorted()).toEqual(['launch', 'poll', 'report']);
  });

  it.each([
    ['a text', 'CONFIG'],
    ['a symbol', Symbol('CONFIG')],
  ])(
    'gets a provider whose token is %s, also one that is made asynchronously, with forRootAsync',
    async (_w, token) => {
      @Injectable()
      class Jobs {
        @Interval<{ every: number }>((config) => config.every, { id: 'poll' })
        poll() {}
      }
      const app = await startApp({
        imports: [SchedulerModule.forRootAsync({ useFactory: () => ({ clock, resolveWith: token }) })],
        providers: [Jobs, { provide: token, useFactory: async () => ({ every: 7000 }) }],
      });
      expect((await app.get(SchedulerService).getJob('poll'))?.trigger).toEqual(interval(7000));
    },
  );

  it('disables its job by null: it does not fire, and without a trigger there is nothing to list', async () => {
    const { Jobs, start } = resolved({ reportCron: null });
    const app = await start();
    await clock.advance(2 * MINUTE);
    expect(app.get(Jobs).runs).not.toContain('report');
    expect(await app.get(SchedulerService).getJob('report')).toBeNull();
    expect(logged('log')).toContainEqual('Disabled, so that this process does not fire it: "report".');
  });

  it('is not asked where an override gives a trigger, or disables the job', async () => {
    const overrides = {
      report: { trigger: cron('*/5 * * * *') },
      poll: { disabled: true },
      launch: { disabled: true },
    };
    const app = await resolved({}, { overrides }).start();
    const jobs = await app.get(SchedulerService).getJobs();
    expect(jobs.map(({ id, state }) => [id, state])).toEqual([['report', 'active']]);
  });

  it('stays the answer beside an override of options', async () => {
    const app = await resolved({}, { resolveWith: AppConfig, overrides: { report: { tags: ['a'] } } }).start();
    expect(await app.get(SchedulerService).getJob('report')).toMatchObject({ tags: ['a'], trigger: cron('* * * * *') });
  });

  it('without resolveWith is refused, naming class, method and remedy', async () => {
    await expect(resolved({}, {}).start()).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(
        /^Jobs\.report \(AppModule\): @Cron\(\(config\) => …\) .*forRoot\(\{ resolveWith: ConfigService \}\)/,
      ) as string,
    });
  });

  it('with a token that nobody provides is refused, naming both', async () => {
    class Missing {}
    await expect(resolved({}, { resolveWith: Missing }).start()).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(
        /^Jobs\.report \(AppModule\).*Missing, which resolveWith names\. Provide it/,
      ) as string,
    });
  });

  it('with a provider that has no single instance is refused', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {}
    @Injectable()
    class Jobs {
      @Interval(() => 1000)
      poll() {}
    }
    const imports = [SchedulerModule.forRoot({ clock, resolveWith: PerRequest })];
    await expect(startApp({ imports, providers: [Jobs, PerRequest] })).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(/^Jobs\.poll .*PerRequest.*singleton/) as string,
    });
  });

  it.each<[what: string, config: Partial<AppConfig>, message: RegExp]>([
    ['undefined', { reportCron: undefined }, /^Jobs\.report .*@Cron.*answered undefined.*null/],
    ['a pattern that is none', { reportCron: '61 * * * *' }, /^Jobs\.report .*@Cron.*'61 \* \* \* \*'/],
    ['a number for a pattern', { reportCron: 5 as never }, /^Jobs\.report .*@Cron.*answered 5/],
    ['a function', { reportCron: (() => '* * * * *') as never }, /^Jobs\.report .*@Cron.*answered a function/],
    ['a negative interval', { pollEvery: -1 }, /^Jobs\.poll .*@Interval.*answered -1/],
    ['a Date for an instant', { launchAt: new Date(0) }, /^Jobs\.launch .*@At.*must be text.*addJob\(\)/],
    ['a text that is no instant', { launchAt: 'soon' }, /^Jobs\.launch .*@At.*'soon'/],
  ])('that answers %s is refused, naming class and method', async (_what, config, message) => {
    await expect(resolved(config).start()).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(message) as string,
    });
    expect(logged('error').join()).toMatch(/could not start/);
  });

  it('that answers a promise is refused, and nobody else hears of what becomes of that', async () => {
    @Injectable()
    class Jobs {
      @Interval((async () => Promise.reject(new Error('late'))) as never)
      poll() {}
    }
    const imports = [SchedulerModule.forRoot({ clock, resolveWith: AppConfig })];
    await expect(startApp({ imports, providers: [Jobs, AppConfig] })).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(/^Jobs\.poll .*@Interval.*promise.*useFactory/) as string,
    });
  });

  it('that throws is refused with what it threw as the cause', async () => {
    const cause = new Error('REPORT_CRON is not set');
    const config = {
      get reportCron(): string {
        throw cause;
      },
    };
    @Injectable()
    class Jobs {
      @Cron((given: typeof config) => given.reportCron)
      report() {}
    }
    const imports = [SchedulerModule.forRoot({ clock, resolveWith: 'CONFIG' })];
    const providers = [Jobs, { provide: 'CONFIG', useValue: config }];
    await expect(startApp({ imports, providers })).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(/^Jobs\.report .*resolver threw: REPORT_CRON is not set/) as string,
      cause,
    });
  });

  it('that answers a whole trigger is told what to answer', async () => {
    @Injectable()
    class Jobs {
      @Cron(() => cron('0 3 * * *') as never)
      report() {}
    }
    const imports = [SchedulerModule.forRoot({ clock, resolveWith: 'CONFIG' })];
    const providers = [Jobs, { provide: 'CONFIG', useValue: {} }];
    await expect(startApp({ imports, providers })).rejects.toMatchObject({
      code: 'TRIGGER_RESOLVER',
      message: expect.stringMatching(
        /^Jobs\.report .*answered a whole trigger.*'0 3 \* \* \*' for @Cron.*overrides/,
      ) as string,
    });
  });
});
