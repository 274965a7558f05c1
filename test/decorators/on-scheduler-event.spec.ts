import { describe, expect, it } from 'vitest';
import { OnSchedulerEvent } from '../../lib/decorators/on-scheduler-event.decorator.js';
import { declared, errorOf } from './declared.js';

describe('@OnSchedulerEvent', () => {
  it('collects the types of all that stand on a method, each once', () => {
    class Alerts {
      @OnSchedulerEvent('run.failed', 'run.missed')
      @OnSchedulerEvent('run.lost', 'run.failed')
      page() {}
    }
    expect(declared(Alerts, 'page').events).toEqual(['run.failed', 'run.missed', 'run.lost']);
  });

  it('refuses a type that does not exist, naming the nearest one', () => {
    const error = errorOf(() => {
      class Alerts {
        @OnSchedulerEvent('run.fail' as never)
        page() {}
      }
      return Alerts;
    });
    expect(error.message).toContain("Alerts.page: @OnSchedulerEvent('run.fail'): there is no event 'run.fail'.");
    expect(error.message).toContain("Did you mean 'run.failed'?");
  });

  it.each(['toString', '__proto__', 7])('refuses %s', (type) => {
    const error = errorOf(() => {
      class Alerts {
        @OnSchedulerEvent(type as never)
        page() {}
      }
      return Alerts;
    });
    expect(error).toMatchObject({ code: 'INVALID_DECORATOR' });
  });

  it('refuses to stand for nothing', () => {
    const error = errorOf(() => {
      class Alerts {
        @OnSchedulerEvent()
        page() {}
      }
      return Alerts;
    });
    expect(error.message).toContain('Alerts.page: @OnSchedulerEvent(): it names no event');
  });
});
