import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { AfterStart } from '../../lib/decorators/after-start.decorator.js';
import { At } from '../../lib/decorators/at.decorator.js';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { OnSchedulerEvent } from '../../lib/decorators/on-scheduler-event.decorator.js';
import { taskOf } from '../../lib/decorators/task-of.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import type { RunFailedEvent, RunSucceededEvent } from '../../lib/events/scheduler-event.js';
import { currentRun, type RunContext } from '../../lib/executors/run-context.js';
import { SchedulerModule } from '../../lib/scheduler.module.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import { interval } from '../../lib/triggers/factories.js';
import { LastingStore } from '../support/lasting-store.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { logged, startApp, useApps } from './apps.js';

useApps();

let clock: VirtualClock;
let scheduler: ReturnType<typeof SchedulerModule.forRoot>;
/** What handlers have noted, in order. */
let notes: unknown[];

beforeEach(() => {
  clock = new VirtualClock('2030-01-01T00:00:00Z');
  scheduler = SchedulerModule.forRoot({ clock });
  notes = [];
});

function note(what: string): void {
  notes.push(`${what} ${new Date(clock.now()).toISOString().slice(11, 19)}`);
}

describe('a decorated method is run', () => {
  it('when its decorators say', async () => {
    @Injectable()
    class Reports {
      @Cron('*/20 * * * * *')
      cron() {
        note('cron');
      }

      @Cron({ minute: 1 }, { id: 'by-fields' })
      fields() {
        note('fields');
      }

      @Interval({ seconds: 25 })
      interval() {
        note('interval');
      }

      @At('2030-01-01T00:00:45Z')
      at() {
        note('at');
      }

      @AfterStart(5000)
      afterStart() {
        note('after start');
      }
    }
    await startApp({ imports: [scheduler], providers: [Reports] });
    await clock.advance(60_000);
    expect(notes).toEqual([
      // The slot of the very moment in which the job is stored counts.
      'cron 00:00:00',
      'after start 00:00:05',
      'cron 00:00:20',
      'interval 00:00:25',
      'cron 00:00:40',
      'at 00:00:45',
      'interval 00:00:50',
      expect.stringMatching(/^(cron|fields) 00:01:00$/),
      expect.stringMatching(/^(cron|fields) 00:01:00$/),
    ]);
  });

  it('P26 once for each of its decorators, under the id of each', async () => {
    @Injectable()
    class Reports {
      @Interval(1000, { id: 'fast' })
      @Interval(2000, { id: 'slow' })
      @Interval(3000)
      make() {
        notes.push(currentRun().jobId);
      }
    }
    await startApp({ imports: [scheduler], providers: [Reports] });
    await clock.advance(3000);
    expect(notes.map(String).sort()).toEqual(['Reports.make', 'fast', 'fast', 'fast', 'slow']);
  });

  it('on its instance, with what is injected there, in a provider and in a controller', async () => {
    @Injectable()
    class Greeting {
      readonly text = 'hello';
    }
    @Injectable()
    class Reports {
      constructor(protected readonly greeting: Greeting) {}

      @Interval(1000)
      make() {
        notes.push(`${this.constructor.name}: ${this.greeting.text}`);
      }
    }
    @Controller('reports')
    class ReportsController extends Reports {
      constructor(@Inject(Greeting) greeting: Greeting) {
        super(greeting);
      }
    }
    await startApp({ imports: [scheduler], providers: [Greeting, Reports], controllers: [ReportsController] });
    await clock.advance(1000);
    expect(notes.map(String).sort()).toEqual(['Reports: hello', 'ReportsController: hello']);
  });

  it('as an override without decorators never is', async () => {
    class Sync {
      @Interval(1000)
      poll() {
        note(this.constructor.name);
      }
    }
    @Injectable()
    class Loud extends Sync {}
    @Injectable()
    class Silent extends Sync {
      override poll() {
        note('silent');
      }
    }
    await startApp({ imports: [scheduler], providers: [Loud, Silent] });
    await clock.advance(1000);
    expect(notes).toEqual(['Loud 00:00:01']);
  });

  it('P26 on a fresh instance for each run when it is request-scoped, and REQUEST is the run', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Session {
      constructor(@Inject(REQUEST) readonly run: RunContext) {}
    }
    let made = 0;
    @Injectable()
    class Reports {
      readonly number = ++made;

      constructor(readonly session: Session) {}

      @Interval(1000)
      make() {
        expect(this.session.run).toBe(currentRun());
        notes.push(`instance ${this.number}, ${this.session.run.runId}`);
      }
    }
    await startApp({ imports: [scheduler], providers: [Session, Reports] });
    await clock.advance(2000);
    expect(notes).toEqual([
      'instance 1, Reports.make@2030-01-01T00:00:01.000Z',
      'instance 2, Reports.make@2030-01-01T00:00:02.000Z',
    ]);
  });

  it('P26 on an instance of its own when it is transient', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Counter {
      count = 0;

      @Interval(1000)
      tick() {
        notes.push(++this.count);
      }
    }
    @Injectable()
    class Consumer {
      constructor(readonly counter: Counter) {}
    }
    const app = await startApp({ imports: [scheduler], providers: [Counter, Consumer] });
    await clock.advance(2000);
    expect(notes).toEqual([1, 2]);
    expect(app.get(Consumer).counter.count).toBe(0);
  });

  it('P26 once, with a warning, when two modules provide its class', async () => {
    @Injectable()
    class Reports {
      @Interval(1000)
      make() {
        note('made');
      }
    }
    @Module({ providers: [Reports] })
    class SalesModule {}
    @Module({ providers: [Reports] })
    class BillingModule {}
    await startApp({ imports: [scheduler, SalesModule, BillingModule] });
    await clock.advance(2000);
    expect(notes).toEqual(['made 00:00:01', 'made 00:00:02']);
    expect(logged('warn').filter((line) => line.startsWith('Reports is provided more than once'))).toHaveLength(1);
  });

  it('P26 behind a decorator that puts another function in its place', async () => {
    const Traced: MethodDecorator = (_target, key, descriptor) => {
      const original = descriptor.value as unknown as () => unknown;
      descriptor.value = function traced(this: unknown) {
        notes.push(`begin ${String(key)}`);
        return original.call(this);
      } as never;
    };
    @Injectable()
    class Reports {
      @Traced
      @Interval(1000)
      make() {
        notes.push('make');
      }
    }
    await startApp({ imports: [scheduler], providers: [Reports] });
    await clock.advance(1000);
    expect(notes).toEqual(['begin make', 'make']);
  });
});

describe('a task', () => {
  @Injectable()
  class Reminders {
    @Task('send-reminder', { aliases: ['Reminders.remind'] })
    send(userId: string, text: string) {
      notes.push(`${userId}: ${text}`);
    }
  }

  it.each([
    ['taskOf', () => taskOf(Reminders, 'send')],
    ['its name', () => 'send-reminder'],
    ['a name it had before', () => 'Reminders.remind'],
  ])('can be added as a job by %s', async (_what, task) => {
    const app = await startApp({ imports: [scheduler], providers: [Reminders] });
    await app
      .get(SchedulerService)
      .addJob({ task: task() as string, args: ['ada', 'tea'], trigger: interval(1000), maxRuns: 1 });
    await clock.advance(2000);
    expect(notes).toEqual(['ada: tea']);
  });
});

describe('which failures are tried again', () => {
  it('is said by the decorator of a job for that job, and by @Task for the jobs that say nothing', async () => {
    const retry = { maxAttempts: 2, delay: 1_000 };
    @Injectable()
    class Payments {
      @Task('pay', { retryIf: () => false })
      @Interval({ seconds: 10 }, { id: 'often', maxRuns: 1, retry: { ...retry, retryIf: () => true } })
      pay(what = 'often') {
        note(what);
        throw new Error('no funds');
      }
    }
    const app = await startApp({ imports: [scheduler], providers: [Payments] });
    const args = ['added'];
    await app.get(SchedulerService).addJob({ task: 'pay', args, trigger: interval(5_000), maxRuns: 1, retry });
    await clock.advance(60_000);
    expect(notes).toEqual(['added 00:00:05', 'often 00:00:10', 'often 00:00:11']);
  });
});

describe('P04 a method that is renamed between two starts', () => {
  @Injectable()
  class Before {
    @Task('Reports.nightly')
    nightly() {
      note('nightly');
    }
  }

  async function restartWith(provider: new () => object) {
    const store = new LastingStore();
    const root = { imports: [SchedulerModule.forRoot({ clock, store })] };
    const first = await startApp({ ...root, providers: [Before] });
    await first
      .get(SchedulerService)
      .addJob({ id: 'kept', task: taskOf(Before, 'nightly'), trigger: interval(1000, { startAt: '2030-01-01' }) });
    await first.close();
    const second = await startApp({ ...root, providers: [provider] });
    await clock.advance(2000);
    return second.get(SchedulerService).getJob('kept');
  }

  it('is found by its alias', async () => {
    @Injectable()
    class Reports {
      @Task('daily-report', { aliases: ['Reports.nightly'] })
      daily() {
        note('daily');
      }
    }
    await restartWith(Reports);
    expect(notes).toContain('daily 00:00:02');
  });

  it('leaves its jobs where they are without one, unharmed', async () => {
    @Injectable()
    class Reports {
      @Task('daily-report')
      daily() {
        note('daily');
      }
    }
    expect(await restartWith(Reports)).toMatchObject({ id: 'kept', task: 'Reports.nightly', state: 'active' });
    expect(notes).not.toContain('daily 00:00:02');
  });
});

describe('two places that claim one name are refused, both named', () => {
  function reports(): new () => object {
    @Injectable()
    class Reports {
      @Interval(1000)
      make() {}
    }
    return Reports;
  }

  it('two classes of one name', async () => {
    @Module({ providers: [reports()] })
    class SalesModule {}
    @Module({ providers: [reports()] })
    class BillingModule {}
    await expect(startApp({ imports: [scheduler, SalesModule, BillingModule] })).rejects.toMatchObject({
      code: 'DUPLICATE_TASK',
      message: expect.stringMatching(/Reports\.make \(SalesModule\).*Reports\.make \(BillingModule\)/) as string,
    });
  });

  it('two explicit ids', async () => {
    @Injectable()
    class Sales {
      @Interval(1000, { id: 'report' })
      make() {}
    }
    @Injectable()
    class Billing {
      @Cron('0 3 * * *', { id: 'report' })
      print() {}
    }
    await expect(startApp({ imports: [scheduler], providers: [Sales, Billing] })).rejects.toMatchObject({
      code: 'DUPLICATE_JOB_ID',
      message: expect.stringMatching(/"report".*Sales\.make \(AppModule\).*Billing\.print \(AppModule\)/) as string,
    });
  });

  it('an id that two subclasses inherit', async () => {
    class Sync {
      @Interval(1000, { id: 'sync' })
      poll() {}
    }
    @Injectable()
    class Users extends Sync {}
    @Injectable()
    class Orders extends Sync {}
    await expect(startApp({ imports: [scheduler], providers: [Users, Orders] })).rejects.toMatchObject({
      code: 'DUPLICATE_JOB_ID',
      message: expect.stringMatching(/Users\.poll.*Orders\.poll/) as string,
    });
  });

  it('an alias that is the name of another task', async () => {
    @Injectable()
    class Mails {
      @Task('send')
      send() {}

      @Task('deliver', { aliases: ['send'] })
      deliver() {}
    }
    await expect(startApp({ imports: [scheduler], providers: [Mails] })).rejects.toMatchObject({
      code: 'DUPLICATE_TASK',
      message: expect.stringMatching(/"send".*Mails\.send.*Mails\.deliver/) as string,
    });
  });
});

describe('an event handler', () => {
  it('hears the events it names, on its instance, from the start on', async () => {
    @Injectable()
    class Reports {
      @Interval(1000)
      fine() {
        return 42;
      }

      @Interval(1000)
      bad() {
        throw new Error('paper jam');
      }
    }
    @Injectable()
    class Alerts {
      private readonly prefix = 'alert';

      @OnSchedulerEvent('scheduler.started')
      hello() {
        notes.push(`${this.prefix}: started`);
      }

      @OnSchedulerEvent('run.succeeded', 'run.failed')
      async page(event: RunSucceededEvent | RunFailedEvent) {
        notes.push(event.type === 'run.failed' ? event.error.message : event.result);
      }
    }
    await startApp({ imports: [scheduler], providers: [Reports, Alerts] });
    await clock.advance(1000);
    expect(notes[0]).toBe('alert: started');
    expect(notes.slice(1).map(String).sort()).toEqual(['42', 'paper jam']);
  });

  it('that throws or rejects is logged, with its place, and harms nobody', async () => {
    @Injectable()
    class Alerts {
      @OnSchedulerEvent('run.succeeded')
      throws() {
        throw new Error('pager is off');
      }

      @OnSchedulerEvent('run.succeeded')
      async rejects() {
        throw new Error('pager is gone');
      }

      @Interval(1000)
      tick() {
        note('tick');
      }
    }
    await startApp({ imports: [scheduler], providers: [Alerts] });
    await clock.advance(2000);
    expect(notes).toEqual(['tick 00:00:01', 'tick 00:00:02']);
    expect(logged('error')).toContainEqual(expect.stringMatching(/Alerts\.throws \(AppModule\).*pager is off/));
    expect(logged('error')).toContainEqual(expect.stringMatching(/Alerts\.rejects \(AppModule\).*pager is gone/));
  });

  it('on a request-scoped class keeps the application from starting', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Alerts {
      @OnSchedulerEvent('run.failed')
      page() {}
    }
    await expect(startApp({ imports: [scheduler], providers: [Alerts] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_EVENT_HANDLER',
    });
  });
});
