import { applyDecorators, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { AfterStart } from '../../lib/decorators/after-start.decorator.js';
import { At } from '../../lib/decorators/at.decorator.js';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { InvalidDecoratorError } from '../../lib/decorators/decorator-errors.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { InvalidJobIdError, InvalidJobOptionError } from '../../lib/jobs/job-errors.js';
import { at, cron, interval } from '../../lib/triggers/factories.js';
import { declared, errorOf } from './declared.js';

describe('what a job decorator declares', () => {
  it('is the trigger that the factory of the same name makes, its options included', () => {
    class Reports {
      @Cron('0 3 * * *', { timeZone: 'Asia/Tokyo', startAt: '2027-01-01', gap: 'skip', fold: 'last' })
      nightly() {}

      @Cron({ dayOfWeek: 'mon-fri', hour: 17, minute: 30 })
      digest() {}

      @Interval({ seconds: 30 }, { immediate: true, endAt: '2031-01-01' })
      poll() {}

      @At('2027-01-01T00:00:00', { timeZone: 'Europe/Berlin' })
      newYear() {}
    }
    const trigger = (method: string) => declared(Reports, method).jobs[0]?.trigger;
    expect(trigger('nightly')).toEqual(
      cron('0 3 * * *', { timeZone: 'Asia/Tokyo', startAt: '2027-01-01', gap: 'skip', fold: 'last' }),
    );
    expect(trigger('digest')).toEqual(cron({ dayOfWeek: 'mon-fri', hour: 17, minute: 30 }));
    expect(trigger('poll')).toEqual(interval({ seconds: 30 }, { immediate: true, endAt: '2031-01-01' }));
    expect(trigger('newYear')).toEqual(at('2027-01-01T00:00:00', { timeZone: 'Europe/Berlin' }));
  });

  it('keeps retryIf apart from what can be stored', () => {
    const retryIf = () => true;
    class Reports {
      @Interval(1000, { retry: { maxAttempts: 3, delay: 5, retryIf } })
      poll() {}
    }
    const [job] = declared(Reports, 'poll').jobs;
    expect(job?.options.retry).toEqual({ maxAttempts: 3, delay: 5 });
    expect(job?.retryIf).toBe(retryIf);
  });

  it('keeps the options of the job apart from those of the trigger', () => {
    class Reports {
      @Cron('0 3 * * *', {
        id: 'daily',
        timeZone: 'Asia/Tokyo',
        misfireGraceTime: { minutes: 5 },
        maxInstances: 2,
        tags: ['money'],
        metadata: { team: 'billing' },
        aliases: ['Reports.nightly'],
      })
      daily() {}
    }
    expect(declared(Reports, 'daily').jobs).toMatchObject([
      {
        decorator: "@Cron('0 3 * * *')",
        options: {
          id: 'daily',
          misfireGraceTime: { minutes: 5 },
          maxInstances: 2,
          tags: ['money'],
          metadata: { team: 'billing' },
        },
        aliases: ['Reports.nightly'],
        afterStart: null,
      },
    ]);
    expect(declared(Reports, 'daily').jobs[0]?.options).not.toHaveProperty('timeZone');
    expect(declared(Reports, 'daily').jobs[0]?.options).not.toHaveProperty('aliases');
  });

  it('is what a resolver makes of the configuration, with the options of the trigger', () => {
    interface Config {
      readonly report: string | null;
    }
    class Reports {
      @Cron((config: Config) => config.report, { timeZone: 'Asia/Tokyo' })
      daily() {}
    }
    const [job] = declared(Reports, 'daily').jobs;
    expect(job).toMatchObject({ decorator: '@Cron((config) => …)', trigger: null });
    expect(job?.resolve?.({ report: '0 4 * * *' }, 'x')).toEqual(cron('0 4 * * *', { timeZone: 'Asia/Tokyo' }));
    expect(job?.resolve?.({ report: null }, 'x')).toBeNull();
  });

  it('is checked by the compiler where a resolver answers', () => {
    class Reports {
      // @ts-expect-error a number is no pattern
      @Cron((config: { readonly count: number }) => config.count)
      wrong() {}

      // @ts-expect-error it may not be set
      @Interval((config: { readonly every?: number }) => config.every)
      unset() {}

      // @ts-expect-error nobody has said what it is called with
      @At((config) => config.launch)
      unknown() {}
    }
    expect(declared(Reports, 'wrong').jobs).toHaveLength(1);
  });

  it('is disabled only where it says so', () => {
    class Reports {
      @Cron('0 3 * * *', { disabled: true })
      never() {}

      @Cron('0 3 * * *', { disabled: false })
      daily() {}

      @Interval(1000)
      poll() {}
    }
    const isDisabled = (method: string) => declared(Reports, method).jobs[0]?.disabled;
    expect(['never', 'daily', 'poll'].map(isDisabled)).toEqual([true, false, false]);
    expect(declared(Reports, 'never').jobs[0]?.options).not.toHaveProperty('disabled');
  });

  it('is no trigger but a delay and a scope for @AfterStart', () => {
    class Caches {
      @AfterStart({ seconds: 10 })
      warm() {}

      @AfterStart('PT1M', { scope: 'cluster', store: 'jobs' })
      migrate() {}

      @AfterStart(0)
      hello() {}
    }
    expect(declared(Caches, 'warm').jobs[0]).toMatchObject({
      trigger: null,
      afterStart: { delayMs: 10_000, scope: 'node' },
    });
    expect(declared(Caches, 'migrate').jobs[0]).toMatchObject({
      afterStart: { delayMs: 60_000, scope: 'cluster' },
      options: { store: 'jobs' },
    });
    expect(declared(Caches, 'hello').jobs[0]?.afterStart).toEqual({ delayMs: 0, scope: 'node' });
  });
});

describe('P26 several job decorators on one method', () => {
  it('are several jobs, in the order in which they are written', () => {
    class Reports {
      @Cron('0 3 * * *')
      @Interval({ hours: 1 }, { id: 'hourly' })
      @At('2027-01-01T00:00Z', { id: 'once' })
      make() {}
    }
    expect(declared(Reports, 'make').jobs.map(({ decorator }) => decorator)).toEqual([
      "@Cron('0 3 * * *')",
      '@Interval({ hours: 1 })',
      "@At('2027-01-01T00:00Z')",
    ]);
  });

  it('are refused, naming both, when two of them have no id', () => {
    const error = errorOf(() => {
      class Reports {
        @Cron('0 3 * * *')
        @Interval({ hours: 1 })
        make() {}
      }
      return Reports;
    });
    expect(error).toBeInstanceOf(InvalidDecoratorError);
    expect(error.message).toContain('Reports.make');
    expect(error.message).toContain("@Cron('0 3 * * *')");
    expect(error.message).toContain('@Interval({ hours: 1 })');
  });

  it('are refused, naming both, when two of them have one id in one store', () => {
    const error = errorOf(() => {
      class Reports {
        @Cron('0 3 * * *', { id: 'make' })
        @Interval({ hours: 1 }, { id: 'make', store: 'default' })
        make() {}
      }
      return Reports;
    });
    expect(error.message).toMatch(/@Cron\('0 3 \* \* \*'\) and @Interval\(\{ hours: 1 \}\).*one id, "make"/);
  });

  it('may share an id in different stores', () => {
    class Reports {
      @Cron('0 3 * * *', { id: 'make' })
      @Interval({ hours: 1 }, { id: 'make', store: 'fast' })
      make() {}
    }
    expect(declared(Reports, 'make').jobs).toHaveLength(2);
  });
});

describe('P26 a wrapping decorator', () => {
  /** As `@Transactional()` and the like do: another function in the method's place. */
  const Wrapping: MethodDecorator = (_target, _key, descriptor) => {
    const original = descriptor.value as unknown as (...args: unknown[]) => unknown;
    descriptor.value = function wrapped(this: unknown, ...args: unknown[]) {
      return original.apply(this, args);
    } as never;
  };

  it('above ours loses nothing', () => {
    class Reports {
      @Wrapping
      @Cron('0 3 * * *')
      make() {}
    }
    expect(declared(Reports, 'make').jobs).toHaveLength(1);
  });

  it('below ours loses nothing', () => {
    class Reports {
      @Cron('0 3 * * *')
      @Wrapping
      make() {}
    }
    expect(declared(Reports, 'make').jobs).toHaveLength(1);
  });

  it('between two of ours loses nothing', () => {
    class Reports {
      @Cron('0 3 * * *')
      @Wrapping
      @Interval(1000, { id: 'often' })
      make() {}
    }
    expect(declared(Reports, 'make').jobs).toHaveLength(2);
  });

  it("may be composed with ours by Nest's applyDecorators", () => {
    const Nightly = () => applyDecorators(Cron('0 3 * * *'), SetMetadata('nightly', true));
    class Reports {
      @Nightly()
      make() {}
    }
    expect(declared(Reports, 'make').jobs).toHaveLength(1);
  });
});

/** What defining `class Reports { @decorator daily() {} }` throws. */
function errorOfDaily(decorator: MethodDecorator) {
  return errorOf(() => {
    class Reports {
      @decorator
      daily() {}
    }
    return Reports;
  });
}

describe('a mistake in a job decorator is refused when the class is defined, naming the method', () => {
  it.each<[string, MethodDecorator, RegExp]>([
    ['P15 cron text that is none', Cron('61 * * * *'), /^Reports\.daily: @Cron\('61 \* \* \* \*'\): .*61/],
    ['P15 empty cron text', Cron(''), /^Reports\.daily: @Cron\(''\): /],
    ['cron fields that do not exist', Cron({ hours: 3 } as never), /^Reports\.daily: @Cron\(\{ hours: 3 \}\): .*hours/],
    ['P16 an interval of zero', Interval(0), /^Reports\.daily: @Interval\(0\): /],
    ['P16 an interval of months', Interval({ months: 1 } as never), /^Reports\.daily: @Interval\(.*\): .*month/],
    [
      'a Date in @At, with a pointer to @AfterStart',
      At(new Date(0) as never),
      /^Reports\.daily: @At\(1970.*@AfterStart/,
    ],
    ['text in @At that is no instant', At('tomorrow'), /^Reports\.daily: @At\('tomorrow'\): .*ISO 8601/],
    ['a negative delay', AfterStart(-1), /^Reports\.daily: @AfterStart\(-1\): .*negative/],
    [
      'a scope that is none',
      AfterStart(1, { scope: 'process' as never }),
      /^Reports\.daily: @AfterStart\(1\): scope must be 'node' or 'cluster', got 'process'/,
    ],
    [
      'a store for a job that every process keeps for itself',
      AfterStart(1, { store: 'jobs' }),
      /^Reports\.daily: .*no store "jobs".*scope 'cluster'/,
    ],
    ['an unknown time zone', Cron('0 3 * * *', { timeZone: 'Europe/Berln' }), /^Reports\.daily: .*Europe\/Berlin/],
    [
      'aliases that are no list',
      Interval(1000, { aliases: 'Reports.old' as never }),
      /^Reports\.daily: @Interval\(1000\): aliases must be a list/,
    ],
    ['options that are none', Interval(1000, null as never), /^Reports\.daily: .*options must be an object/],
  ])('%s', (_what, decorator, message) => {
    const error = errorOfDaily(decorator);
    expect(error).toBeInstanceOf(InvalidDecoratorError);
    expect(error.message).toMatch(message);
  });

  it.each<[string, MethodDecorator, RegExp]>([
    [
      'an unknown option',
      Cron('0 3 * * *', { misfireGrace: 1 } as never),
      /^Reports\.daily: @Cron\('0 3 \* \* \*'\): unknown option "misfireGrace"/,
    ],
    [
      "a trigger's option in other letters, naming the right one",
      Cron('0 3 * * *', { timezone: 'UTC' } as never),
      /^Reports\.daily: .*unknown option "timezone"\. Did you mean "timeZone"/,
    ],
    [
      'an option of another trigger',
      Cron('0 3 * * *', { immediate: true } as never),
      /^Reports\.daily: .*unknown option "immediate"/,
    ],
    ['a wrong value', Interval(1000, { maxInstances: 0 }), /^Reports\.daily: @Interval\(1000\): maxInstances/],
    [
      'a retryIf that is no function',
      Interval(1000, { retry: { maxAttempts: 3, retryIf: 'network' as never } }),
      /^Reports\.daily: @Interval\(1000\): retry\.retryIf must be a function/,
    ],
    ['300 for five minutes of grace', Interval(1000, { misfireGraceTime: 300 }), /\{ seconds: 300 \}/],
  ])('%s', (_what, decorator, message) => {
    const error = errorOfDaily(decorator);
    expect(error).toBeInstanceOf(InvalidJobOptionError);
    expect(error.message).toMatch(message);
  });

  it('a function for the delay of @AfterStart, which has no resolver', () => {
    expect(errorOfDaily(AfterStart((() => 5) as never))).toBeInstanceOf(InvalidDecoratorError);
  });

  it.each([1, 'yes', null])('a disabled that is no flag: %j', (disabled) => {
    const error = errorOfDaily(Cron('0 3 * * *', { disabled } as never));
    expect(error).toBeInstanceOf(InvalidJobOptionError);
    expect(error.message).toMatch(/^Reports\.daily: .*disabled must be true or false/);
  });

  it('an id that no store could keep', () => {
    const error = errorOfDaily(Interval(1000, { id: 'daily report' }));
    expect(error).toBeInstanceOf(InvalidJobIdError);
    expect(error.message).toMatch(/^Reports\.daily: .*"daily report"/);
  });

  it('with the error of the trigger as its cause', () => {
    expect(errorOfDaily(Interval(-1)).cause).toMatchObject({ code: 'INVALID_DURATION' });
  });
});
