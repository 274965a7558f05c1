import {
  Global,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { taskOf } from '../../lib/decorators/task-of.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import { SchedulerModule } from '../../lib/scheduler.module.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import type { JobStore, StoreContext } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { interval } from '../../lib/triggers/factories.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';
import { closeAfterTest, Gate, logged, moduleOf, startApp, testLogger, useApps } from './apps.js';

useApps();

let clock: VirtualClock;
let scheduler: ReturnType<typeof SchedulerModule.forRoot>;

beforeEach(() => {
  clock = new VirtualClock();
  scheduler = SchedulerModule.forRoot({ clock });
});

@Injectable()
class Ticker {
  runs = 0;

  @Interval(1000, { immediate: true })
  tick() {
    this.runs++;
  }
}

/** An application with a root module, a feature module and a global one, each with its own providers. */
function threeModules(root: Type[], feature: Type[], shared: Type[]): Type {
  @Module({ providers: feature, exports: feature })
  class FeatureModule {}
  @Global()
  @Module({ providers: shared, exports: shared })
  class SharedModule {}
  return moduleOf({ imports: [scheduler, FeatureModule, SharedModule], providers: root });
}

const PLACES = ['the root module', 'a feature module', 'a global module'] as const;

describe('the start', () => {
  it.each(PLACES)('waits for the slowest onApplicationBootstrap, in %s', async (place) => {
    const [reached, gate] = [new Gate(), new Gate()];
    @Injectable()
    class Slow implements OnApplicationBootstrap {
      async onApplicationBootstrap() {
        reached.open();
        await gate.opened;
      }
    }
    const in_ = (each: (typeof PLACES)[number]): Type[] => (each === place ? [Slow] : []);
    const root = threeModules([Ticker, ...in_('the root module')], in_('a feature module'), in_('a global module'));
    const app = closeAfterTest(await NestFactory.create(root, { abortOnError: false }));
    const initialising = app.init();
    await reached.opened;
    await clock.advance(60_000);
    expect(app.get(SchedulerService).state).toBe('stopped');
    expect(app.get(Ticker).runs).toBe(0);
    gate.open();
    await initialising;
    expect(app.get(SchedulerService).state).toBe('running');
    await clock.advance(1000);
    expect(app.get(Ticker).runs).toBe(2);
  });

  it('waits for the hook of the root module itself', async () => {
    const seen: string[] = [];
    @Module({})
    class AppModule implements OnApplicationBootstrap {
      constructor(readonly service: SchedulerService) {}

      onApplicationBootstrap() {
        seen.push(this.service.state);
      }
    }
    await startApp({ imports: [{ module: AppModule, imports: [scheduler] }] });
    expect(seen).toEqual(['stopped']);
  });

  it('comes when all tasks are known: hooks may add jobs, from onModuleInit on', async () => {
    @Injectable()
    class Mailer {
      sent = 0;

      @Task()
      send() {
        this.sent++;
      }
    }
    // A global module is the first to be initialised.
    @Injectable()
    class Early implements OnModuleInit {
      constructor(readonly service: SchedulerService) {}

      async onModuleInit() {
        await this.service.addJob({ id: 'mail', task: taskOf(Mailer, 'send'), trigger: interval(1000) });
      }
    }
    const app = await startApp(threeModules([Mailer], [], [Early]));
    await clock.advance(2000);
    expect(app.get(Mailer).sent).toBe(2);
  });

  it('does not come by itself with autoStart: false, but by hand', async () => {
    const app = await startApp({
      imports: [SchedulerModule.forRoot({ clock, autoStart: false })],
      providers: [Ticker],
    });
    await clock.advance(5000);
    expect(app.get(Ticker).runs).toBe(0);
    expect(await app.get(SchedulerService).getJobs()).toEqual([]);
    await app.get(SchedulerService).start();
    await clock.advance(1000);
    expect(app.get(Ticker).runs).toBe(2);
  });

  it('names the decorated classes that nobody provides, once, in a warning', async () => {
    class Forgotten {
      @Interval(1000)
      poll() {}
    }
    await startApp({ imports: [SchedulerModule.forRoot({ autoStart: false })] });
    expect(logged('warn').join('\n')).not.toContain(Forgotten.name);
    await startApp({ imports: [scheduler] });
    expect(logged('warn').filter((line) => line.includes(Forgotten.name))).toEqual([
      expect.stringMatching(/^No module provides .*Forgotten.*providers of a module\.$/),
    ]);
    await startApp({ imports: [SchedulerModule.forRoot()] });
    expect(logged('warn').filter((line) => line.includes(Forgotten.name))).toHaveLength(1);
  });

  it('happens once in a container that two contexts initialise', async () => {
    const module = await Test.createTestingModule({ imports: [scheduler], providers: [Ticker] })
      .setLogger(testLogger())
      .compile();
    const app = closeAfterTest(module.createNestApplication());
    closeAfterTest(module);
    await app.init();
    await module.init();
    await clock.advance(1000);
    expect(app.get(Ticker).runs).toBe(2);
  });
});

describe('the end: a handler that still runs at close()', () => {
  @Injectable()
  class Database implements OnModuleDestroy {
    isOpen = true;

    onModuleDestroy() {
      this.isOpen = false;
    }
  }
  @Injectable()
  class RootDatabase extends Database {}
  @Injectable()
  class FeatureDatabase extends Database {}
  @Injectable()
  class GlobalDatabase extends Database {}

  it.each(PLACES)('can use providers that close in onModuleDestroy, itself in %s', async (place) => {
    const [started, gate] = [new Gate(), new Gate()];
    const found: boolean[][] = [];
    let databases: Database[] = [];
    @Injectable()
    class Worker {
      @Interval(1000)
      async work() {
        started.open();
        await gate.opened;
        // Some more turns, as a real query takes.
        await settle();
        found.push(databases.map(({ isOpen }) => isOpen));
      }
    }
    const in_ = (each: (typeof PLACES)[number]): Type[] => (each === place ? [Worker] : []);
    const app = await startApp(
      threeModules(
        [RootDatabase, ...in_('the root module')],
        [FeatureDatabase, ...in_('a feature module')],
        [GlobalDatabase, ...in_('a global module')],
      ),
    );
    databases = [app.get(RootDatabase), app.get(FeatureDatabase), app.get(GlobalDatabase)];
    const advancing = clock.advance(1000);
    await started.opened;
    await advancing;
    const closing = app.close();
    await settle();
    expect(app.get(SchedulerService).state).toBe('stopping');
    gate.open();
    await closing;
    expect(found).toEqual([[true, true, true]]);
    expect(databases.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
  });

  it('can use a TypeORM DataSource that its owner destroys', async () => {
    const [started, gate] = [new Gate(), new Gate()];
    const rows: unknown[] = [];
    const dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:' });
    @Injectable()
    class Connections implements OnModuleDestroy {
      async onModuleDestroy() {
        await dataSource.destroy();
      }
    }
    @Injectable()
    class Worker {
      @Interval(1000)
      async work() {
        started.open();
        await gate.opened;
        rows.push(await dataSource.query('SELECT 42 AS answer'));
      }
    }
    await dataSource.initialize();
    const app = await startApp({ imports: [scheduler], providers: [Connections, Worker] });
    await Promise.all([clock.advance(1000), started.opened]);
    const closing = app.close();
    await settle();
    gate.open();
    await closing;
    expect(rows).toEqual([[{ answer: 42 }]]);
    expect(dataSource.isInitialized).toBe(false);
  });

  it('P07 may close the application itself, and wait for that', async () => {
    const ended: string[] = [];
    let close = async (): Promise<void> => {};
    @Injectable()
    class LastOne {
      @Interval(1000)
      async run() {
        await close();
        ended.push('handler');
      }
    }
    const app = await startApp({ imports: [scheduler], providers: [LastOne] });
    close = () => app.close();
    await clock.advance(1000);
    expect(ended).toEqual(['handler']);
    await app.get(SchedulerService).shutdown();
    expect(app.get(SchedulerService).state).toBe('stopped');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the end', () => {
  it('leaves nothing behind: no timer, no run, and close() may be called again', async () => {
    const app = await startApp({ imports: [scheduler], providers: [Ticker] });
    await clock.advance(1000);
    await Promise.all([app.close(), app.close()]);
    await app.close();
    const { runs } = app.get(Ticker);
    await clock.advance(60_000);
    expect(app.get(Ticker).runs).toBe(runs);
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes before the start when close() overtakes init(): then there is no start', async () => {
    const [reached, gate] = [new Gate(), new Gate()];
    @Injectable()
    class Slow implements OnApplicationBootstrap {
      async onApplicationBootstrap() {
        reached.open();
        await gate.opened;
      }
    }
    const root = moduleOf({ imports: [scheduler], providers: [Slow, Ticker] });
    const app = closeAfterTest(await NestFactory.create(root, { abortOnError: false }));
    const initialising = app.init();
    await reached.opened;
    await app.close();
    gate.open();
    await initialising;
    await clock.advance(60_000);
    expect(app.get(SchedulerService).state).toBe('stopped');
    expect(app.get(Ticker).runs).toBe(0);
  });
});

/** Counts what is open. */
class CountingStore implements JobStore {
  readonly kind = 'counting';
  readonly #inner = new MemoryJobStore();
  open_ = 0;

  async open(context: StoreContext) {
    const session = await this.#inner.open(context);
    this.open_++;
    const close = session.close.bind(session);
    session.close = async () => {
      this.open_--;
      await close();
    };
    return session;
  }
}

describe('a start that fails', () => {
  const broken: JobStore = {
    kind: 'broken',
    open: async () => {
      throw new Error('no route to host');
    },
  };

  it('is logged as an error and rejects init()', async () => {
    const root = moduleOf({ imports: [SchedulerModule.forRoot({ clock, store: broken })], providers: [Ticker] });
    const app = closeAfterTest(await NestFactory.create(root, { abortOnError: false }));
    await expect(app.init()).rejects.toThrow('no route to host');
    expect(logged('error')).toContainEqual(expect.stringMatching(/^The scheduler could not start: .*no route to host/));
    await clock.advance(60_000);
    expect(app.get(Ticker).runs).toBe(0);
    await app.close();
  });

  it('lets go of what it had opened, though nobody may ever call close()', async () => {
    const fine = new CountingStore();
    const imports = [SchedulerModule.forRoot({ clock, stores: { fine, broken } })];
    await expect(startApp({ imports })).rejects.toThrow('no route to host');
    expect(fine.open_).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('for a mistake in the decorators is logged and rejects as well', async () => {
    @Injectable()
    class Twice {
      @Interval(1000, { id: 'Ticker.tick' })
      tick() {}
    }
    const root = moduleOf({ imports: [scheduler], providers: [Ticker, Twice] });
    const app = closeAfterTest(await NestFactory.create(root, { abortOnError: false }));
    await expect(app.init()).rejects.toMatchObject({ code: 'DUPLICATE_JOB_ID' });
    expect(logged('error')).toContainEqual(expect.stringMatching(/^The scheduler could not start: .*"Ticker\.tick"/));
    await app.close();
  });
});

describe('an application whose init() fails in a hook of its own', () => {
  it.each(['onModuleInit', 'onApplicationBootstrap'] as const)(
    '%s can be closed, and has run nothing',
    async (hook) => {
      const store = new CountingStore();
      @Injectable()
      class Adding implements OnModuleInit {
        constructor(readonly service: SchedulerService) {}

        async onModuleInit() {
          await this.service.addJob({ task: 'Ticker.tick', trigger: interval(1000) });
        }
      }
      @Injectable()
      class Failing {
        [hook]() {
          throw new Error('The broker is away.');
        }
      }
      @Module({ providers: [Adding] })
      class FeatureModule {}
      const root = moduleOf({
        imports: [SchedulerModule.forRoot({ clock, store }), FeatureModule],
        providers: [Ticker, Failing],
      });
      const app = closeAfterTest(await NestFactory.create(root, { abortOnError: false }));
      await expect(app.init()).rejects.toThrow('The broker is away.');
      expect(store.open_).toBe(1);
      await app.close();
      expect(store.open_).toBe(0);
      await clock.advance(60_000);
      expect(app.get(Ticker).runs).toBe(0);
      expect(clock.pendingTimers).toBe(0);
    },
  );
});
