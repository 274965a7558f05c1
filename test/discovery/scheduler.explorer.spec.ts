import { Controller, Injectable, mixin, Module, Scope } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { AfterStart } from '../../lib/decorators/after-start.decorator.js';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { OnSchedulerEvent } from '../../lib/decorators/on-scheduler-event.decorator.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import type { SchedulerEvent } from '../../lib/events/scheduler-event.js';
import { cron, interval } from '../../lib/triggers/factories.js';
import { explore } from './explore.js';

@Injectable()
class Reports {
  @Cron('0 3 * * *', { id: 'daily-report', tags: ['money'] })
  daily() {
    return 'daily of Reports';
  }

  @Interval({ hours: 1 })
  @Cron('0 9 * * mon', { id: 'weekly' })
  refresh() {
    return 'refresh of Reports';
  }

  helper() {}
}

describe('the explorer finds', () => {
  it('decorated methods of providers, with their tasks and jobs', async () => {
    const found = await explore({ providers: [Reports] });
    expect(found.tasks).toMatchObject([
      { name: 'Reports.daily', aliases: [], source: 'Reports.daily (RootTestModule)' },
      { name: 'Reports.refresh', aliases: [], source: 'Reports.refresh (RootTestModule)' },
    ]);
    expect(found.jobs).toEqual([
      {
        id: 'daily-report',
        task: 'Reports.daily',
        trigger: cron('0 3 * * *'),
        afterStart: null,
        options: { id: 'daily-report', tags: ['money'] },
        disabled: false,
        source: 'Reports.daily (RootTestModule)',
      },
      {
        id: 'Reports.refresh',
        task: 'Reports.refresh',
        trigger: interval({ hours: 1 }),
        afterStart: null,
        options: {},
        disabled: false,
        source: 'Reports.refresh (RootTestModule)',
      },
      {
        id: 'weekly',
        task: 'Reports.refresh',
        trigger: cron('0 9 * * mon'),
        afterStart: null,
        options: { id: 'weekly' },
        disabled: false,
        source: 'Reports.refresh (RootTestModule)',
      },
    ]);
    expect(found.call('Reports.daily')).toBe('daily of Reports');
    expect(found.warnings).toEqual([]);
  });

  it('P26 one task for the several jobs of a method', async () => {
    const found = await explore({ providers: [Reports] });
    expect(found.targets.map(({ methodName }) => methodName)).toEqual(['daily', 'refresh']);
  });

  it('those of controllers', async () => {
    @Controller('reports')
    class ReportsController {
      @Task('rebuild')
      rebuild() {}
    }
    const found = await explore({ controllers: [ReportsController] });
    expect(found.tasks).toMatchObject([{ name: 'rebuild', source: 'ReportsController.rebuild (RootTestModule)' }]);
    expect(found.jobs).toEqual([]);
  });

  it('those of module classes', async () => {
    @Module({})
    class Maintenance {
      @AfterStart(5000, { scope: 'cluster' })
      migrate() {}
    }
    const found = await explore({ imports: [Maintenance] });
    expect(found.jobs).toMatchObject([
      { id: 'Maintenance.migrate', trigger: null, afterStart: { delayMs: 5000, scope: 'cluster' } },
    ]);
  });

  it('those of every module, however it is imported', async () => {
    @Module({ providers: [Reports] })
    class ReportsModule {}
    class DynamicModule {}
    const found = await explore({ imports: [{ module: DynamicModule, imports: [ReportsModule] }] });
    expect(found.tasks.map(({ source }) => source)).toEqual([
      'Reports.daily (ReportsModule)',
      'Reports.refresh (ReportsModule)',
    ]);
  });

  it('P26 inherited ones, under the name of the class that is provided', async () => {
    class Sync {
      @Interval(1000)
      poll() {
        return this.constructor.name;
      }
    }
    @Injectable()
    class Users extends Sync {}
    @Injectable()
    class Orders extends Sync {}
    const found = await explore({ providers: [Users, Orders] });
    expect(found.jobIds).toEqual(['Users.poll', 'Orders.poll']);
    expect(found.call('Users.poll')).toBe('Users');
    expect(found.call('Orders.poll')).toBe('Orders');
  });

  it('no method that a subclass overrides without a decorator', async () => {
    class Sync {
      @Interval(1000)
      poll() {}
    }
    @Injectable()
    class Users extends Sync {
      override poll() {}
    }
    expect((await explore({ providers: [Users] })).jobIds).toEqual([]);
  });

  it('P26 request-scoped and transient providers', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRun {
      @Interval(1000)
      poll() {}
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class PerConsumer {
      @Interval(1000)
      poll() {}
    }
    expect((await explore({ providers: [PerRun, PerConsumer] })).jobIds).toEqual(['PerRun.poll', 'PerConsumer.poll']);
  });
});

describe('a provider is what it provides, not how:', () => {
  it('useClass', async () => {
    const found = await explore({ providers: [{ provide: 'REPORTS', useClass: Reports }] });
    expect(found.taskNames).toEqual(['Reports.daily', 'Reports.refresh']);
    expect(found.tasks[0]?.source).toBe('Reports.daily (RootTestModule)');
  });

  it('useFactory', async () => {
    const found = await explore({ providers: [{ provide: 'REPORTS', useFactory: async () => new Reports() }] });
    expect(found.taskNames).toEqual(['Reports.daily', 'Reports.refresh']);
    expect(found.call('Reports.daily')).toBe('daily of Reports');
  });

  it('useFactory for a class, called once per run', async () => {
    const provider = { provide: Reports, scope: Scope.REQUEST, useFactory: () => new Reports() };
    expect((await explore({ providers: [provider] })).taskNames).toEqual(['Reports.daily', 'Reports.refresh']);
  });

  it('useValue', async () => {
    const found = await explore({ providers: [{ provide: 'REPORTS', useValue: new Reports() }] });
    expect(found.taskNames).toEqual(['Reports.daily', 'Reports.refresh']);
    expect(found.warnings).toEqual([]);
  });

  it('useExisting, which is another name and no second set of jobs', async () => {
    const found = await explore({ providers: [Reports, { provide: 'REPORTS', useExisting: Reports }] });
    expect(found.jobIds).toEqual(['daily-report', 'Reports.refresh', 'weekly']);
    expect(found.warnings).toEqual([]);
  });

  it('a factory that hands on an instance, which is another name as well', async () => {
    const alias = { provide: 'REPORTS', inject: [Reports], useFactory: (reports: Reports) => reports };
    const found = await explore({ providers: [alias, Reports] });
    expect(found.jobIds).toEqual(['daily-report', 'Reports.refresh', 'weekly']);
    expect(found.warnings).toEqual([]);
  });

  it('values without a class, or of any other kind, which are left alone', async () => {
    const values = [null, undefined, 7, 'text', () => new Reports(), Reports, Object.create(null), [1], new Map()];
    const providers = values.map((useValue: unknown, index) => ({ provide: `VALUE_${index}`, useValue }));
    const trap = {
      get bomb(): never {
        throw new Error('A getter was touched.');
      },
    };
    const found = await explore({ providers: [...providers, { provide: 'TRAP', useValue: trap }] });
    expect(found.taskNames).toEqual([]);
  });
});

describe('P26 a class that is provided twice', () => {
  it('is one set of jobs, with one warning that names both places', async () => {
    @Module({ providers: [Reports] })
    class BillingModule {}
    @Module({ providers: [Reports] })
    class SalesModule {}
    const found = await explore({ imports: [BillingModule, SalesModule] });
    expect(found.jobIds).toEqual(['daily-report', 'Reports.refresh', 'weekly']);
    expect(found.targets.every(({ host }) => host.metatype === BillingModule)).toBe(true);
    expect(found.warnings).toEqual([
      'Reports is provided more than once: by BillingModule, SalesModule. Its jobs and tasks are run once, ' +
        'on the instance of BillingModule. Provide it in one module and export it there.',
    ]);
  });

  it('runs on the instance that is known by the class, where another token comes first', async () => {
    const found = await explore({ providers: [{ provide: 'REPORTS', useClass: Reports }, Reports] });
    expect(found.targets[0]?.wrapper.token).toBe(Reports);
    expect(found.warnings).toEqual([expect.stringContaining('by RootTestModule, RootTestModule as "REPORTS"')]);
  });
});

describe('the name of a task', () => {
  it('has all the aliases that stand on the method', async () => {
    @Injectable()
    class Mails {
      @Task('send', { aliases: ['Mails.old', 'send'] })
      @Cron('* * * * *', { aliases: ['Mails.older', 'Mails.old'] })
      send() {}
    }
    const found = await explore({ providers: [Mails] });
    expect(found.tasks).toMatchObject([{ name: 'send', aliases: ['Mails.old', 'Mails.older'] }]);
    expect(found.jobs).toMatchObject([{ id: 'Mails.send', task: 'send' }]);
  });

  it('is needed where the class has none, as a mixin has not', async () => {
    class Sync {
      @Interval(1000)
      poll() {}
    }
    const mixin = () => class extends Sync {};
    await expect(explore({ providers: [{ provide: 'SYNC', useClass: mixin() }] })).rejects.toMatchObject({
      code: 'ANONYMOUS_CLASS',
      message: expect.stringContaining('"poll" of a class without a name, provided by RootTestModule') as string,
    });
  });

  it("is needed where Nest's mixin() has made the class: its name is another at each start", async () => {
    const sync = () => {
      class Sync {
        @Interval(1000)
        poll() {}
      }
      return mixin(Sync);
    };
    await expect(explore({ providers: [sync()] })).rejects.toMatchObject({
      code: 'ANONYMOUS_CLASS',
      message: expect.stringMatching(/"poll" of a class without a name, .*mixin\(\).*Name the class/) as string,
    });
    class Named extends sync() {}
    expect(await explore({ providers: [Named] })).toMatchObject({ taskNames: ['Named.poll'], jobIds: ['Named.poll'] });
  });

  it('may come from the decorators, ids included', async () => {
    class Sync {
      @Task('poll')
      @Interval(1000, { id: 'poll-often' })
      poll() {}
    }
    const mixin = () => class extends Sync {};
    const found = await explore({ providers: [{ provide: 'SYNC', useClass: mixin() }] });
    expect(found).toMatchObject({ taskNames: ['poll'], jobIds: ['poll-often'] });
  });

  it('must be one that a store can keep', async () => {
    @Injectable()
    class Börse {
      @Interval(1000)
      poll() {}
    }
    await expect(explore({ providers: [Börse] })).rejects.toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining('Börse.poll (RootTestModule)') as string,
    });
  });
});

describe('event handlers', () => {
  const failed = { type: 'run.failed' } as SchedulerEvent;

  it('are called on their instance', async () => {
    @Injectable()
    class Alerts {
      readonly seen: unknown[] = [];

      @OnSchedulerEvent('run.failed', 'run.missed')
      page(event: SchedulerEvent) {
        this.seen.push(event);
        return this.seen.length;
      }
    }
    const alerts = new Alerts();
    const found = await explore({ providers: [{ provide: Alerts, useValue: alerts }] });
    expect(found.eventHandlers).toMatchObject([
      { types: ['run.failed', 'run.missed'], source: 'Alerts.page (RootTestModule)' },
    ]);
    expect(found.eventHandlers[0]?.handle(failed)).toBe(1);
    expect(alerts.seen).toEqual([failed]);
    expect(found.tasks).toEqual([]);
  });

  it('are refused on request-scoped classes', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Alerts {
      @OnSchedulerEvent('run.failed')
      page() {}
    }
    await expect(explore({ providers: [Alerts] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_EVENT_HANDLER',
      message: expect.stringContaining('Alerts.page (RootTestModule)') as string,
    });
  });

  it('are refused on classes that depend on request-scoped ones', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Session {}
    @Injectable()
    class Alerts {
      constructor(readonly session: Session) {}

      @OnSchedulerEvent('run.failed')
      page() {}
    }
    await expect(explore({ providers: [Session, Alerts] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_EVENT_HANDLER',
    });
  });

  it('are refused on transient classes', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Alerts {
      @OnSchedulerEvent('run.failed')
      page() {}
    }
    await expect(explore({ providers: [Alerts] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_EVENT_HANDLER',
      message: expect.stringContaining('transient') as string,
    });
  });
});
