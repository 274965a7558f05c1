import { describe, expect, it } from 'vitest';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { decoratedMethod } from '../../lib/decorators/decorated-method.js';
import { InvalidDecoratorError } from '../../lib/decorators/decorator-errors.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { OnSchedulerEvent } from '../../lib/decorators/on-scheduler-event.decorator.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import { declared, errorOf } from './declared.js';

describe('a decorator that stands where nothing can be run is refused', () => {
  it('on a static method', () => {
    const error = errorOf(() => {
      class Reports {
        @Interval(1000)
        static daily() {}

        nightly() {}
      }
      return Reports;
    });
    expect(error).toBeInstanceOf(InvalidDecoratorError);
    expect(error.message).toBe(
      'Reports.daily: @Interval(1000) stands on a static method, which Nest has no instance for. ' +
        'Make it an instance method.',
    );
  });

  it('on a static method, for @Task and @OnSchedulerEvent as well', () => {
    const task = errorOf(() => {
      class Reports {
        @Task()
        static daily() {}

        nightly() {}
      }
      return Reports;
    });
    const listener = errorOf(() => {
      class Reports {
        @OnSchedulerEvent('run.failed')
        static daily() {}

        nightly() {}
      }
      return Reports;
    });
    expect(task.message).toContain('Reports.daily: @Task() stands on a static method');
    expect(listener.message).toContain("Reports.daily: @OnSchedulerEvent('run.failed') stands on a static method");
  });

  it('on a method named by a symbol', () => {
    const key = Symbol('daily');
    const error = errorOf(() => {
      class Reports {
        @Cron('* * * * *')
        [key]() {}
      }
      return Reports;
    });
    expect(error.message).toContain('Reports.Symbol(daily)');
    expect(error.message).toContain('named by a symbol');
  });

  it('on a property that holds a function', () => {
    const error = errorOf(() => {
      class Reports {
        @(Cron('* * * * *') as PropertyDecorator)
        daily = () => undefined;
      }
      return Reports;
    });
    expect(error.message).toContain("Reports.daily: @Cron('* * * * *') stands on a property");
  });

  it('on an accessor', () => {
    const error = errorOf(() => {
      class Reports {
        @Cron('* * * * *')
        get daily() {
          return () => undefined;
        }
      }
      return Reports;
    });
    expect(error.message).toContain("Reports.daily: @Cron('* * * * *') stands on an accessor");
  });

  it('on a generator, which runs nothing when it is called', () => {
    for (const error of [
      errorOf(() => {
        class Reports {
          @Cron('* * * * *')
          *daily() {
            yield 1;
          }
        }
        return Reports;
      }),
      errorOf(() => {
        class Reports {
          @Cron('* * * * *')
          async *daily() {
            yield 1;
          }
        }
        return Reports;
      }),
    ]) {
      expect(error.message).toContain("Reports.daily: @Cron('* * * * *') stands on a generator");
    }
  });

  it('on a class', () => {
    const error = errorOf(() => {
      @(Cron('* * * * *') as unknown as ClassDecorator)
      class Reports {
        nightly() {}
      }
      return Reports;
    });
    expect(error.message).toContain("@Cron('* * * * *') stands on Reports, which is no method");
  });

  it('on a parameter', () => {
    const error = errorOf(() => {
      class Reports {
        daily(@(Cron('* * * * *') as unknown as ParameterDecorator) _when: string) {}
      }
      return Reports;
    });
    expect(error.message).toContain("Reports.daily: @Cron('* * * * *') stands on a parameter");
  });

  it('compiled as a standard decorator, with the compiler option that is missing', () => {
    const method = () => undefined;
    const context = { kind: 'method', name: 'daily', static: false };
    expect(() => decoratedMethod('@Task()', method, context, undefined)).toThrow('experimentalDecorators');
  });
});

describe('a decorator on a method', () => {
  it('that is private to TypeScript works: there it is like any other at run time', () => {
    class Reports {
      @Cron('* * * * *')
      private daily() {}

      use() {
        this.daily();
      }
    }
    expect(declared(Reports, 'daily').jobs).toHaveLength(1);
  });
});
