import {
  Catch,
  Controller,
  Inject,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import type { CallHandler, CanActivate, ExceptionFilter, NestInterceptor, PipeTransform } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, ContextIdFactory, REQUEST } from '@nestjs/core';
import type { ContextId } from '@nestjs/core';
import { map } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunContext } from '../../../lib/executors/run-context.js';
import { settle } from '../../support/virtual-clock.js';
import { Diary, Job, withJobHost } from './job-host.js';

/** A number for every instance, and the run it was made for. */
@Injectable({ scope: Scope.REQUEST })
class RunInfo {
  static count = 0;
  readonly number = ++RunInfo.count;

  constructor(@Inject(REQUEST) private readonly run: RunContext) {}

  get runId() {
    return this.run.runId;
  }
}

@Injectable()
class ScopedGuard implements CanActivate {
  constructor(
    private readonly info: RunInfo,
    private readonly diary: Diary,
  ) {}

  canActivate() {
    this.diary.note(`guard ${this.info.runId}`);
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedInterceptor implements NestInterceptor {
  constructor(
    @Inject(REQUEST) private readonly run: RunContext,
    private readonly diary: Diary,
  ) {}

  intercept(_: unknown, next: CallHandler) {
    this.diary.note(`interceptor ${this.run.runId}`);
    return next.handle().pipe(map((value) => [this.run.runId, value]));
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedPipe implements PipeTransform {
  constructor(@Inject(REQUEST) private readonly run: RunContext) {}

  transform(value: unknown) {
    return `${String(value)} of ${this.run.runId}`;
  }
}

@Catch()
@Injectable({ scope: Scope.REQUEST })
class ScopedFilter implements ExceptionFilter {
  constructor(
    @Inject(REQUEST) private readonly run: RunContext,
    private readonly diary: Diary,
  ) {}

  async catch(error: Error) {
    await settle();
    this.diary.note(`filter ${this.run.runId}: ${error.message}`);
  }
}

@Injectable()
class StaticGuard implements CanActivate {
  constructor(private readonly diary: Diary) {}

  canActivate() {
    this.diary.note('static guard');
    return true;
  }
}

/** Everything a handler may have around it; the host decides what is scoped. */
abstract class Handlers {
  abstract readonly info: RunInfo;

  @Job()
  plain(arg: string) {
    return [arg, this.info.runId];
  }

  @UseGuards(StaticGuard, ScopedGuard)
  @Job()
  guarded() {
    return this.info.runId;
  }

  @UseInterceptors(ScopedInterceptor)
  @Job()
  intercepted() {
    return this.info.runId;
  }

  @UsePipes(ScopedPipe)
  @Job()
  piped(arg: string) {
    return [arg, this.info.runId];
  }

  @UseFilters(ScopedFilter)
  @Job()
  failing() {
    throw new Error('boom');
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedProvider extends Handlers {
  constructor(readonly info: RunInfo) {
    super();
  }
}

@Injectable()
class ProviderOfScoped extends Handlers {
  constructor(readonly info: RunInfo) {
    super();
  }
}

@Controller({ path: 'jobs', scope: Scope.REQUEST })
class ScopedController extends Handlers {
  constructor(readonly info: RunInfo) {
    super();
  }
}

describe.each([
  ['a request-scoped provider', ScopedProvider, { providers: [RunInfo, ScopedProvider] }],
  ['a provider that needs a request-scoped one', ProviderOfScoped, { providers: [RunInfo, ProviderOfScoped] }],
  ['a request-scoped controller', ScopedController, { providers: [RunInfo], controllers: [ScopedController] }],
])('P26 a handler of %s', (_, type, metadata) => {
  it('runs on a fresh instance each time, with the run as REQUEST', () =>
    withJobHost(metadata, async (host) => {
      RunInfo.count = 0;
      const handler = host.handler(type, 'plain');
      const results = await Promise.all([handler('a'), handler('b')]);
      expect(results).toEqual([
        ['a', 'run-1'],
        ['b', 'run-2'],
      ]);
      expect(RunInfo.count).toBe(2);
    }));

  it('passes static and request-scoped guards', () =>
    withJobHost(metadata, async (host) => {
      const handler = host.handler(type, 'guarded');
      await handler();
      await expect(handler()).resolves.toBe('run-2');
      expect(host.diary.entries).toEqual(['static guard', 'guard run-1', 'static guard', 'guard run-2']);
    }));

  it('is surrounded by request-scoped interceptors', () =>
    withJobHost(metadata, async (host) => {
      await expect(host.run(type, 'intercepted')).resolves.toEqual(['run-1', 'run-1']);
    }));

  it('gets its arguments through request-scoped pipes', () =>
    withJobHost(metadata, async (host) => {
      await expect(host.run(type, 'piped', 'x')).resolves.toEqual(['x of run-1', 'run-1']);
    }));

  it('shows its error to request-scoped filters and fails with it', () =>
    withJobHost(metadata, async (host) => {
      const handler = host.handler(type, 'failing');
      await expect(handler()).rejects.toThrow('boom');
      await expect(handler()).rejects.toThrow('boom');
      expect(host.diary.entries).toEqual(['filter run-1: boom', 'filter run-2: boom']);
    }));
});

describe('a handler whose enhancers alone are request-scoped', () => {
  @Injectable()
  class Static {
    readonly name = 'static';

    @UseGuards(ScopedGuard)
    @UseInterceptors(ScopedInterceptor)
    @UsePipes(ScopedPipe)
    @UseFilters(ScopedFilter)
    @Job()
    run(arg: string) {
      if (arg.startsWith('bad')) throw new Error(arg);
      return arg;
    }
  }

  it('has them made for each run', () =>
    withJobHost({ providers: [RunInfo, Static] }, async (host) => {
      const handler = host.handler(Static, 'run');
      await expect(handler('a')).resolves.toEqual(['run-1', 'a of run-1']);
      await expect(handler('b')).resolves.toEqual(['run-2', 'b of run-2']);
      await expect(handler('bad')).rejects.toThrow('bad of run-3');
      expect(host.diary.entries.at(-1)).toBe('filter run-3: bad of run-3');
    }));
});

describe('global enhancers made for each request', () => {
  @Injectable()
  class Static {
    static instances = 0;

    constructor() {
      Static.instances++;
    }

    @Job()
    run(arg: string) {
      if (arg === 'bad') throw new Error(arg);
      return arg;
    }
  }

  it('are made for each run when asked for, and the static host stays one', () =>
    withJobHost(
      {
        providers: [
          Static,
          { provide: APP_INTERCEPTOR, useClass: ScopedInterceptor },
          { provide: APP_FILTER, useClass: ScopedFilter },
        ],
      },
      async (host) => {
        Static.instances = 1;
        expect(host.run(Static, 'run', 'direct')).toBe('direct');

        const handler = host.handler(Static, 'run', ['interceptors', 'filters']);
        await expect(handler('a')).resolves.toEqual(['run-2', 'a']);
        await expect(handler('bad')).rejects.toThrow('bad');
        expect(host.diary.entries).toEqual(['interceptor run-2', 'interceptor run-3', 'filter run-3: bad']);
        expect(Static.instances).toBe(1);
      },
    ));

  it('leave a static host its own enhancers, transient ones included', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientGuard implements CanActivate {
      constructor(private readonly diary: Diary) {}

      canActivate() {
        this.diary.note('guard');
        return true;
      }
    }

    @Injectable()
    class Guarded {
      @UseGuards(TransientGuard, StaticGuard)
      @Job()
      run() {
        return 'ran';
      }
    }
    const providers = [Guarded, { provide: APP_INTERCEPTOR, useClass: ScopedInterceptor }];
    await withJobHost({ providers }, async (host) => {
      await expect(host.handler(Guarded, 'run', ['interceptors'])()).resolves.toEqual(['run-1', 'ran']);
      expect(host.diary.entries).toEqual(['guard', 'static guard', 'interceptor run-1']);
    });
  });
});

describe('a host that can not be made', () => {
  @Catch(RangeError)
  @Injectable()
  class RangeFilter implements ExceptionFilter {
    constructor(private readonly diary: Diary) {}

    catch(error: RangeError) {
      this.diary.note(`filter: ${error.message}`);
    }
  }

  @UseFilters(RangeFilter)
  @Injectable({ scope: Scope.REQUEST })
  class Unmakeable {
    constructor() {
      throw new RangeError('no licence left');
    }

    @Job()
    run() {}
  }

  it('fails the run, not the bootstrap, and its filters see why', () =>
    withJobHost({ providers: [Unmakeable] }, async (host) => {
      await expect(host.run(Unmakeable, 'run')).rejects.toThrow(RangeError);
      expect(host.diary.entries).toEqual(['filter: no licence left']);
    }));
});

describe('P26 a handler of a transient provider', () => {
  @Injectable({ scope: Scope.TRANSIENT })
  class TransientGuard implements CanActivate {
    static instances = 0;
    readonly number = ++TransientGuard.instances;

    constructor(private readonly diary: Diary) {}

    canActivate() {
      this.diary.note(`guard ${this.number}`);
      return true;
    }
  }

  @Injectable({ scope: Scope.TRANSIENT })
  class Counter {
    static instances = 0;
    count = 0;

    constructor(readonly diary: Diary) {
      Counter.instances++;
    }

    @Job()
    plain() {
      return ++this.count;
    }

    @UseGuards(TransientGuard)
    @Job()
    guarded() {
      this.diary.note('handler');
      return ++this.count;
    }
  }

  @Injectable()
  class OtherConsumer {
    constructor(readonly counter: Counter) {}

    @UseGuards(TransientGuard)
    @Job()
    run() {}
  }

  it('runs on one instance of its own, made for the scheduler, constructor and all', () =>
    withJobHost({ providers: [Counter, OtherConsumer] }, async (host) => {
      Counter.instances = 0;
      const plain = host.handler(Counter, 'plain');
      await expect(Promise.all([plain(), plain()])).resolves.toEqual([1, 2]);
      expect(plain()).toBe(3);
      expect(Counter.instances).toBe(1);
      expect(host.app.get(OtherConsumer).counter.count).toBe(0);
    }));

  it('has its transient enhancers, as a static one has', () =>
    withJobHost({ providers: [Counter, OtherConsumer] }, async (host) => {
      TransientGuard.instances = 10;
      const guarded = host.handler(Counter, 'guarded');
      await guarded();
      await guarded();
      expect(host.diary.entries).toEqual(['guard 11', 'handler', 'guard 11', 'handler']);

      host.diary.entries.length = 0;
      const run = host.handler(OtherConsumer, 'run');
      await run();
      await run();
      expect(new Set(host.diary.entries).size).toBe(1);
      expect(TransientGuard.instances).toBe(11);
    }));

  it('tries again to make the instance after a failure', async () => {
    let attempts = 0;
    @Injectable({ scope: Scope.TRANSIENT })
    class Flaky {
      constructor() {
        if (++attempts === 1) throw new Error('not yet');
      }

      @Job()
      run() {
        return 'done';
      }
    }
    await withJobHost({ providers: [Flaky] }, async (host) => {
      const handler = host.handler(Flaky, 'run');
      await expect(handler()).rejects.toThrow('not yet');
      await expect(handler()).resolves.toBe('done');
    });
  });
});

describe('durable providers', () => {
  const tenants = new Map<string, ContextId>();

  afterEach(() => {
    tenants.clear();
    ContextIdFactory.apply(undefined as never);
  });

  @Injectable({ scope: Scope.REQUEST, durable: true })
  class TenantPool {
    static instances = 0;
    readonly number = ++TenantPool.instances;

    constructor(@Inject(REQUEST) readonly payload: { readonly tenant: string }) {}
  }

  @Injectable()
  class Billing {
    constructor(readonly pool: TenantPool) {}

    @Job()
    bill() {
      return [this.pool.number, this.pool.payload.tenant];
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class Ordinary {
    @Job()
    run() {
      return 'ran';
    }
  }

  function shareByTenant(tenantOf: (run: RunContext) => string): void {
    ContextIdFactory.apply({
      attach(contextId, request: RunContext) {
        const tenant = tenantOf(request);
        const tenantId = tenants.get(tenant) ?? ContextIdFactory.create();
        tenants.set(tenant, tenantId);
        return { resolve: ({ isTreeDurable }) => (isTreeDurable ? tenantId : contextId), payload: { tenant } };
      },
    });
  }

  it("are shared by the runs that the application's strategy puts together", () =>
    withJobHost({ providers: [TenantPool, Billing] }, async (host) => {
      TenantPool.instances = 0;
      shareByTenant((run) => (run.runId === 'run-3' ? 'other' : 'acme'));
      const handler = host.handler(Billing, 'bill');
      await expect(handler()).resolves.toEqual([1, 'acme']);
      await expect(handler()).resolves.toEqual([1, 'acme']);
      await expect(handler()).resolves.toEqual([2, 'other']);
    }));

  it('alone make a job ask the strategy, which may know of nothing but HTTP', () =>
    withJobHost({ providers: [Ordinary, TenantPool, Billing] }, async (host) => {
      shareByTenant((run) => (run as unknown as { headers: { tenant: string } }).headers.tenant);
      await expect(host.run(Ordinary, 'run')).resolves.toBe('ran');
      await expect(host.run(Billing, 'bill')).rejects.toThrow(TypeError);
    }));
});
