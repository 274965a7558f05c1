import { describe, expect, it } from 'vitest';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import { declared, errorOf } from './declared.js';

describe('@Task', () => {
  it('names a method, or leaves the name to its class', () => {
    class Reminders {
      @Task('send-reminder', { aliases: ['remind', 'Reminders.remind', 'remind'] })
      send() {}

      @Task()
      cancel() {}
    }
    expect(declared(Reminders, 'send').task).toEqual({
      name: 'send-reminder',
      aliases: ['remind', 'Reminders.remind'],
    });
    expect(declared(Reminders, 'cancel').task).toEqual({ name: undefined, aliases: [] });
  });

  it('may stand beside job decorators, in either order', () => {
    class Reports {
      @Task('above')
      @Cron('* * * * *')
      a() {}

      @Cron('* * * * *')
      @Task('below')
      b() {}
    }
    expect(declared(Reports, 'a')).toMatchObject({ task: { name: 'above' }, jobs: [{}] });
    expect(declared(Reports, 'b')).toMatchObject({ task: { name: 'below' }, jobs: [{}] });
  });

  it('says which failures are worth another attempt', () => {
    const retryIf = () => false;
    class Reminders {
      @Task('send-reminder', { retryIf })
      send() {}
    }
    expect(declared(Reminders, 'send').task?.retryIf).toBe(retryIf);
  });

  it('refuses a retryIf that can not answer at once', () => {
    const error = errorOf(() => {
      class Reminders {
        // oxlint-disable-next-line typescript/no-misused-promises
        @Task('send-reminder', { retryIf: (async () => true) as never })
        send() {}
      }
      return Reminders;
    });
    expect(error).toMatchObject({ code: 'INVALID_JOB_OPTION' });
    expect(error.message).toMatch(/^Reminders\.send: @Task\('send-reminder'\): retryIf has to answer at once/);
  });

  it('stands once on a method', () => {
    const error = errorOf(() => {
      class Reports {
        @Task('one')
        @Task('two')
        daily() {}
      }
      return Reports;
    });
    expect(error).toMatchObject({ code: 'INVALID_DECORATOR' });
    expect(error.message).toContain('Reports.daily');
  });

  it.each([
    ['a blank in it', 'send reminder'],
    ['nothing in it', ''],
    ['letters that are no ASCII', 'täglich'],
  ])('refuses a name with %s', (_what, name) => {
    const error = errorOf(() => {
      class Reports {
        @Task(name)
        daily() {}
      }
      return Reports;
    });
    expect(error).toMatchObject({ code: 'INVALID_TASK' });
    expect(error.message).toContain('Reports.daily');
  });

  it('refuses an alias that could be no name', () => {
    const error = errorOf(() => {
      class Reports {
        @Task('daily', { aliases: ['old name'] })
        daily() {}
      }
      return Reports;
    });
    expect(error.message).toMatch(/Reports\.daily: @Task\('daily'\).*"old name"/);
  });

  it('refuses options that it does not have', () => {
    const error = errorOf(() => {
      class Reports {
        @Task('daily', { alias: ['old'] } as never)
        daily() {}
      }
      return Reports;
    });
    expect(error.message).toContain('unknown option "alias". Did you mean "aliases"?');
  });
});
