import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import type { SchedulerOptionsFactory } from '../../lib/discovery/async-options.js';
import { InvalidAsyncOptionsError } from '../../lib/discovery/discovery-errors.js';
import { SchedulerModule } from '../../lib/scheduler.module.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { at } from '../../lib/triggers/factories.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { closeAfterTest, moduleOf, startApp, testLogger, useApps } from './apps.js';

useApps();

let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock();
});

/** Counts its runs, by instance. */
@Injectable()
class Ticker {
  runs = 0;

  @Interval(1000)
  tick() {
    this.runs++;
  }
}

describe('SchedulerModule.forRoot', () => {
  it('runs what is decorated, and gives every module the service without an import', async () => {
    @Injectable()
    class Deep {
      constructor(readonly scheduler: SchedulerService) {}
    }
    @Module({ providers: [Deep] })
    class DeepModule {}
    @Module({ imports: [DeepModule] })
    class FeatureModule {}
    const app = await startApp({ imports: [SchedulerModule.forRoot({ clock }), FeatureModule], providers: [Ticker] });
    await clock.advance(3000);
    expect(app.get(Ticker).runs).toBe(3);
    expect(app.get(Deep).scheduler).toBe(app.get(SchedulerService));
    expect((await app.get(SchedulerService).getJobs()).map(({ id }) => id)).toEqual(['Ticker.tick']);
  });

  it('needs no options', async () => {
    const app = await startApp({ imports: [SchedulerModule.forRoot()] });
    expect(app.get(SchedulerService).state).toBe('running');
  });

  it('refuses unknown options by name', async () => {
    const imports = [SchedulerModule.forRoot({ timezone: 'UTC' } as never)];
    await expect(startApp({ imports })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/"timezone".*"timeZone"/) as string,
    });
  });

  it('works in the testing module, where a double may stand in for the service', async () => {
    const double = { addJob: () => 'added' };
    const app = await Test.createTestingModule({ imports: [SchedulerModule.forRoot({ clock })], providers: [Ticker] })
      .setLogger(testLogger())
      .overrideProvider(SchedulerService)
      .useValue(double)
      .compile();
    closeAfterTest(app);
    await app.init();
    await clock.advance(1000);
    expect(app.get(SchedulerService)).toBe(double);
    expect(app.get(Ticker).runs).toBe(1);
  });
});

describe('SchedulerModule.forRootAsync', () => {
  @Injectable()
  class Config {
    readonly options = { clock, timeZone: 'Asia/Tokyo' };
  }
  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}

  class SchedulerConfig implements SchedulerOptionsFactory {
    constructor(@Inject(Config) private readonly config: Config) {}

    async createSchedulerOptions() {
      return this.config.options;
    }
  }
  @Module({ imports: [ConfigModule], providers: [SchedulerConfig], exports: [SchedulerConfig] })
  class SchedulerConfigModule {}

  it.each([
    [
      'a factory',
      () =>
        SchedulerModule.forRootAsync({
          imports: [ConfigModule],
          inject: [Config],
          useFactory: (config: Config) => config.options,
        }),
    ],
    [
      'an asynchronous factory',
      () =>
        SchedulerModule.forRootAsync({
          imports: [ConfigModule],
          inject: [{ token: 'MISSING', optional: true }, Config],
          useFactory: async (missing: string | undefined, config: Config) => ({
            ...config.options,
            nodeName: missing ?? 'nothing missing',
          }),
        }),
    ],
    ['a class', () => SchedulerModule.forRootAsync({ imports: [ConfigModule], useClass: SchedulerConfig })],
    [
      'a provider that is there',
      () => SchedulerModule.forRootAsync({ imports: [SchedulerConfigModule], useExisting: SchedulerConfig }),
    ],
  ])('takes its options from %s', async (_what, imported) => {
    const app = await startApp({ imports: [imported()], providers: [Ticker] });
    await clock.advance(1000);
    expect(app.get(Ticker).runs).toBe(1);
    // 00:00 in Tokyo is 15:00 in UTC: the zone came through, too.
    const service = app.get(SchedulerService);
    expect(await service.preview(at('2031-01-01T00:00'), { count: 1 })).toEqual([new Date('2030-12-31T15:00Z')]);
  });

  it('needs exactly one source', () => {
    const forRootAsync = SchedulerModule.forRootAsync.bind(SchedulerModule);
    expect(() => forRootAsync({})).toThrow('exactly one of useFactory, useClass, useExisting is needed, got none');
    expect(() => forRootAsync({ useFactory: () => ({}), useClass: SchedulerConfig })).toThrow(
      'got useFactory and useClass',
    );
    expect(() => forRootAsync({ inject: [Config], useClass: SchedulerConfig })).toThrow('inject goes with useFactory');
    expect(() => forRootAsync({ useFactry: () => ({}) } as never)).toThrow(
      'unknown option "useFactry". Did you mean "useFactory"?',
    );
    expect(() => forRootAsync(undefined as never)).toThrow('the options must be an object');
  });

  it.each([
    [{ useFactory: () => ({}), inject: null }, 'inject must be a list of injection tokens, got null'],
    [{ useFactory: () => ({}), inject: Config }, 'inject must be a list of injection tokens, got a function'],
    [{ useFactory: () => ({}), inject: [undefined] }, 'inject[0] must be an injection token'],
    [{ useFactory: () => ({}), inject: [Config, 5] }, 'inject[1] must be an injection token'],
    [{ useFactory: () => ({}), inject: [{ token: null, optional: true }] }, 'inject[0] must be an injection token'],
    [{ useFactory: () => ({}), imports: null }, 'imports must be a list of modules, got null'],
    [{ useFactory: () => ({}), imports: 'x' }, "imports must be a list of modules, got 'x'"],
    [{ useClass: () => ({}) }, 'useClass must be a class, got a function that no instance can be made of'],
    [{ useExisting: null }, 'useExisting must be an injection token (a class, a string or a symbol), got null'],
    [{ useExisting: Number.NaN }, 'useExisting must be an injection token'],
    [{ useExisting: [] }, 'useExisting must be an injection token'],
  ])('refuses the async options %o when the module is made', (options, message) => {
    const refused = (): unknown => SchedulerModule.forRootAsync(options as never);
    expect(refused).toThrow(InvalidAsyncOptionsError);
    expect(refused).toThrow(message);
  });

  it('refuses a factory that returns nothing', async () => {
    const imports = [SchedulerModule.forRootAsync({ useFactory: () => undefined as never })];
    await expect(startApp({ imports })).rejects.toMatchObject({
      code: 'INVALID_ASYNC_OPTIONS',
      message: expect.stringContaining('useFactory returned undefined') as string,
    });
  });

  it('refuses unknown options of what the factory returned', async () => {
    const imports = [SchedulerModule.forRootAsync({ useFactory: async () => ({ stroe: 1 }) as never })];
    await expect(startApp({ imports })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('P26 the module imported twice', () => {
  it('with the same options is one scheduler, and every job fires once', async () => {
    const store = new MemoryJobStore();
    @Module({ imports: [SchedulerModule.forRoot({ clock, store, jobDefaults: { maxInstances: 2 } })] })
    class FeatureModule {}
    const app = await startApp({
      imports: [SchedulerModule.forRoot({ clock, store, jobDefaults: { maxInstances: 2 } }), FeatureModule],
      providers: [Ticker],
    });
    await clock.advance(5000);
    expect(app.get(Ticker).runs).toBe(5);
    const services = app.get(SchedulerService, { each: true });
    expect(services.length).toBe(2);
    expect(new Set(services).size).toBe(1);
  });

  it('with other options is refused when the application starts, naming the option', async () => {
    @Module({ imports: [SchedulerModule.forRoot({ clock, timeZone: 'Asia/Tokyo' })] })
    class FeatureModule {}
    const imports = [SchedulerModule.forRoot({ clock }), FeatureModule];
    await expect(startApp({ imports })).rejects.toMatchObject({
      code: 'CONFLICTING_MODULE_OPTIONS',
      message: expect.stringContaining('"timeZone"') as string,
    });
  });

  it('with options that come from elsewhere is compared by what came', async () => {
    const load = () => SchedulerModule.forRootAsync({ useFactory: async () => ({ clock, timeZone: 'Asia/Tokyo' }) });
    const app = await startApp({
      imports: [load(), load(), SchedulerModule.forRoot({ clock, timeZone: 'Asia/Tokyo' })],
    });
    expect(app.get(SchedulerService).state).toBe('running');
    await expect(startApp({ imports: [load(), SchedulerModule.forRoot({ clock })] })).rejects.toMatchObject({
      code: 'CONFLICTING_MODULE_OPTIONS',
    });
  });

  it('bare, beside one with options, is harmless', async () => {
    @Module({ imports: [SchedulerModule], providers: [Ticker] })
    class FeatureModule {}
    const app = await startApp({ imports: [FeatureModule, SchedulerModule.forRoot({ clock })] });
    await clock.advance(2000);
    expect(app.get(Ticker).runs).toBe(2);
  });

  it('bare and nowhere with options is refused, with the remedy', async () => {
    await expect(startApp({ imports: [SchedulerModule] })).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining('SchedulerModule.forRoot()') as string,
    });
  });

  it('by one dynamic module in two places is one scheduler', async () => {
    const scheduler = SchedulerModule.forRoot({ clock });
    @Module({ imports: [scheduler], exports: [scheduler] })
    class SharedModule {}
    const app = await startApp({ imports: [SharedModule, scheduler], providers: [Ticker] });
    await clock.advance(2000);
    expect(app.get(Ticker).runs).toBe(2);
  });
});

describe('two applications from one static module', () => {
  function shared() {
    return moduleOf({
      imports: [SchedulerModule.forRoot({ clock, store: new MemoryJobStore() })],
      providers: [Ticker],
    });
  }

  it('run beside each other, each with its own instances and state', async () => {
    const AppModule = shared();
    const [first, second] = [await startApp(AppModule), await startApp(AppModule)];
    await clock.advance(2000);
    expect([first.get(Ticker).runs, second.get(Ticker).runs]).toEqual([2, 2]);
    expect(first.get(SchedulerService)).not.toBe(second.get(SchedulerService));
    await first.close();
    await clock.advance(2000);
    expect([first.get(Ticker).runs, second.get(Ticker).runs]).toEqual([2, 4]);
    expect([first.get(SchedulerService).state, second.get(SchedulerService).state]).toEqual(['stopped', 'running']);
  });

  it('run one after the other', async () => {
    const AppModule = shared();
    const first = await startApp(AppModule);
    await clock.advance(1000);
    await first.close();
    const second = await startApp(AppModule);
    await clock.advance(3000);
    expect([first.get(Ticker).runs, second.get(Ticker).runs]).toEqual([1, 3]);
  });
});
