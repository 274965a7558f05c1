import { describe, expect, it } from 'vitest';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { declaredMethods } from '../../lib/decorators/declarations.js';
import { Interval } from '../../lib/decorators/interval.decorator.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import { declared } from './declared.js';

class Sync {
  @Interval(1000)
  poll() {}

  @Cron('0 3 * * *')
  @Task('sync')
  full() {}
}

describe('P26 the decorated methods of a class', () => {
  it('include those it inherits, however far up', () => {
    class Middle extends Sync {}
    class Users extends Middle {
      @Interval(2000)
      own() {}
    }
    expect([...declaredMethods(Users.prototype).keys()]).toEqual(['own', 'poll', 'full']);
  });

  it('do not include one that is overridden without a decorator, as with a route', () => {
    class Users extends Sync {
      override poll() {}
    }
    expect([...declaredMethods(Users.prototype).keys()]).toEqual(['full']);
    expect([...declaredMethods(Sync.prototype).keys()]).toEqual(['poll', 'full']);
  });

  it('have only the decorators of the override, where it has some', () => {
    class Users extends Sync {
      @Interval(5000)
      override full() {}
    }
    expect(declared(Users, 'full')).toMatchObject({ task: null, jobs: [{ decorator: '@Interval(5000)' }] });
    expect(declared(Sync, 'full')).toMatchObject({
      task: { name: 'sync' },
      jobs: [{ decorator: "@Cron('0 3 * * *')" }],
    });
  });

  it('come back when an override of an override is decorated again', () => {
    class Silent extends Sync {
      override poll() {}
    }
    class Users extends Silent {
      @Interval(3000)
      override poll() {}
    }
    expect(declared(Users, 'poll').jobs).toHaveLength(1);
  });
});
