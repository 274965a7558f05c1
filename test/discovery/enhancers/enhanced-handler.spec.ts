import {
  applyDecorators,
  Catch,
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type {
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector, REQUEST } from '@nestjs/core';
import { catchError, EMPTY, from, map, of, tap, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { currentRun } from '../../../lib/executors/run-context.js';
import { recordingLogs } from '../../events/recording-logger.js';
import { Diary, Job, withJobHost } from './job-host.js';

const Role = (role: string) => SetMetadata('role', role);

/** Notes what it sees; refuses where the metadata says so. */
@Injectable()
class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly diary: Diary,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const role = this.reflector.getAllAndOverride<string>('role', [context.getHandler(), context.getClass()]);
    this.diary.note([
      'guard',
      context.getType(),
      context.getClass().name,
      context.getHandler().name,
      context.getArgs(),
    ]);
    return role !== 'nobody';
  }
}

@Injectable()
class TimingInterceptor implements NestInterceptor {
  constructor(private readonly diary: Diary) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.diary.note(`before ${context.getHandler().name} in ${currentRun().runId}`);
    return next.handle().pipe(
      tap((value) => this.diary.note(`after ${context.getHandler().name}: ${String(value)}`)),
      map((value) => ({ wrapped: value })),
    );
  }
}

class DiskFull extends Error {}

@Catch(DiskFull)
@Injectable()
class DiskFilter implements ExceptionFilter {
  constructor(private readonly diary: Diary) {}

  catch(error: DiskFull, host: ArgumentsHost): string {
    this.diary.note(['filter', error.message, host.getType(), host.getArgs()]);
    return 'handled';
  }
}

class Base {
  @UseGuards(RoleGuard)
  @Job()
  inherited() {
    return 'inherited';
  }
}

@Injectable()
@Role('somebody')
class Reports extends Base {
  constructor(readonly diary: Diary) {
    super();
  }

  @Job()
  plain(a?: number, b?: number) {
    return [this.constructor.name, a, b];
  }

  @UseGuards(RoleGuard)
  @Job()
  guarded(name: string) {
    this.diary.note('handler');
    return `report ${name}`;
  }

  @Role('nobody')
  @UseGuards(RoleGuard)
  @UseFilters(DiskFilter)
  @Job()
  refused() {
    this.diary.note('handler');
  }

  @UseInterceptors(TimingInterceptor)
  @Job()
  async timed(value: string) {
    await Promise.resolve();
    this.diary.note(`handler in ${currentRun().runId}`);
    return value;
  }

  @UseInterceptors(TimingInterceptor)
  @Job()
  streamed() {
    return from([1, 2, 3]);
  }

  @UseFilters(DiskFilter)
  @Job()
  failing(kind: string) {
    throw kind === 'disk' ? new DiskFull('no space') : new TypeError('other');
  }
}

const provided = { providers: [Reports] };

describe('EnhancedHandlerFactory', () => {
  describe('a handler without enhancers', () => {
    it('is a direct call: synchronous, on the provider itself, with its own errors', () =>
      withJobHost(provided, async (host) => {
        expect(host.run(Reports, 'plain', 1, 2)).toEqual(['Reports', 1, 2]);
        const reports = host.app.get(Reports);
        const error = new Error('boom');
        const handler = host.handler(Reports, 'plain');
        const spy = vi.spyOn(reports, 'plain').mockImplementation(() => {
          throw error;
        });
        expect(handler).toThrow(error);
        expect(spy).toHaveBeenCalledWith();
      }));

    it('fails when its method has gone, since nothing was done', () =>
      withJobHost(provided, async (host) => {
        const handler = host.handler(Reports, 'plain');
        Object.assign(host.app.get(Reports), { plain: undefined });
        expect(handler).toThrow('Reports.plain is not a method any more');
      }));

    it('keeps working when another decorator has wrapped it', () => {
      const Doubled: MethodDecorator = (_target, _key, descriptor: PropertyDescriptor) => {
        const original = descriptor.value as (this: unknown, n: number) => number;
        descriptor.value = function doubled(this: unknown, n: number) {
          return 2 * original.call(this, n);
        };
      };
      class Wrapped {
        private readonly offset = 1;

        @Doubled
        @Job()
        add(n: number) {
          return n + this.offset;
        }
      }
      return withJobHost({ providers: [Wrapped] }, async (host) => {
        expect(host.run(Wrapped, 'add', 20)).toBe(42);
      });
    });
  });

  describe('guards', () => {
    it("see type 'scheduler', the job's arguments, the class and the method, so that a Reflector works", () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'guarded', 'weekly')).resolves.toBe('report weekly');
        expect(host.diary.entries).toEqual([['guard', 'scheduler', 'Reports', 'guarded', ['weekly']], 'handler']);
      }));

    it('fail the run when they refuse, and the handler is not called', () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'refused')).rejects.toThrow(ForbiddenException);
        expect(host.diary.entries).toHaveLength(1);
      }));

    it('apply to inherited methods, with the class that inherits', () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'inherited')).resolves.toBe('inherited');
        expect(host.diary.entries).toEqual([['guard', 'scheduler', 'Reports', 'inherited', []]]);
      }));

    it('apply to a provider under a token of its own', () =>
      withJobHost({ providers: [{ provide: 'REPORTS', useClass: Reports }] }, async (host) => {
        await expect(host.handler('REPORTS', 'refused')()).rejects.toThrow(ForbiddenException);
      }));

    it('apply to a class that a decorator has wrapped', async () => {
      const Traced: ClassDecorator = (type) => new Proxy(type, {});
      @UseGuards({ canActivate: () => false })
      @Traced
      class Closed {
        @Job()
        run() {}
      }
      await withJobHost({ providers: [Closed] }, async (host) => {
        await expect(host.run(Closed, 'run')).rejects.toThrow(ForbiddenException);
      });
    });

    it('may answer with an Observable', async () => {
      @UseGuards({ canActivate: () => of(false) })
      class Closed {
        @Job()
        run() {}
      }
      await withJobHost({ providers: [Closed] }, async (host) => {
        await expect(host.run(Closed, 'run')).rejects.toThrow(ForbiddenException);
      });
    });

    it('are those that a test has put in their place', () =>
      withJobHost(
        provided,
        async (host) => {
          await expect(host.run(Reports, 'guarded', 'weekly')).rejects.toThrow(ForbiddenException);
          expect(host.diary.entries).toEqual([]);
        },
        () => {},
        (builder) => builder.overrideGuard(RoleGuard).useValue({ canActivate: () => false }),
      ));
  });

  describe('interceptors', () => {
    it('surround the handler, inside the run, and may change its result', () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'timed', 'x')).resolves.toEqual({ wrapped: 'x' });
        expect(host.diary.entries).toEqual(['before timed in run-1', 'handler in run-1', 'after timed: x']);
      }));

    it('see every value of an Observable; the last one is the result', () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'streamed')).resolves.toEqual({ wrapped: 3 });
        expect(host.diary.entries).toEqual([
          'before streamed in run-1',
          'after streamed: 1',
          'after streamed: 2',
          'after streamed: 3',
        ]);
      }));

    it('may leave the handler out, recover from its error or fail in its place', async () => {
      const calls: string[] = [];
      const failure = new Error('in place');
      class Odd {
        @UseInterceptors({ intercept: () => EMPTY })
        @Job()
        left() {
          calls.push('left');
        }

        @UseInterceptors({
          intercept: (_: unknown, next: CallHandler) => next.handle().pipe(catchError(() => of('ok'))),
        })
        @Job()
        recovered() {
          throw new Error('boom');
        }

        @UseInterceptors({ intercept: () => throwError(() => failure) })
        @Job()
        replaced() {
          calls.push('replaced');
        }
      }
      await withJobHost({ providers: [Odd] }, async (host) => {
        await expect(host.run(Odd, 'left')).resolves.toBeUndefined();
        await expect(host.run(Odd, 'recovered')).resolves.toBe('ok');
        await expect(host.run(Odd, 'replaced')).rejects.toBe(failure);
        expect(calls).toEqual([]);
      });
    });
  });

  describe('exception filters', () => {
    it('P28 see the error, and the run fails with it although they return something', () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'failing', 'disk')).rejects.toThrow(DiskFull);
        expect(host.diary.entries).toEqual([['filter', 'no space', 'scheduler', ['disk']]]);
      }));

    it('leave alone what they do not catch', () =>
      withJobHost(provided, async (host) => {
        await expect(host.run(Reports, 'failing', 'other')).rejects.toThrow(TypeError);
        expect(host.diary.entries).toEqual([]);
      }));

    it('are waited for, and can not swallow the error when they are asynchronous', async () => {
      const error = new Error('boom');
      const seen: unknown[] = [];
      class Failing {
        @UseFilters({
          catch: async (reason: unknown) => {
            await Promise.resolve();
            seen.push(reason);
            return 'swallowed';
          },
        })
        @Job()
        async run() {
          throw error;
        }
      }
      await withJobHost({ providers: [Failing] }, async (host) => {
        await expect(host.run(Failing, 'run')).rejects.toBe(error);
        expect(seen).toEqual([error]);
      });
    });

    it('can not replace the error by one of their own, which is logged', async () => {
      const error = new Error('the real one');
      class Failing {
        @UseFilters({
          catch: () => {
            throw new Error('filter is broken');
          },
        })
        @Job()
        broken() {
          throw error;
        }

        @UseFilters({ catch: (reason: Error) => Promise.reject(reason) })
        @Job()
        rethrown() {
          throw error;
        }
      }
      await withJobHost({ providers: [Failing] }, (host) =>
        recordingLogs(['warn'], async (logger) => {
          await expect(host.run(Failing, 'broken')).rejects.toBe(error);
          await expect(host.run(Failing, 'rethrown')).rejects.toBe(error);
          expect(logger.lines).toMatchObject([
            {
              level: 'warn',
              message:
                'An exception filter of Failing.broken threw, the run keeps its own error: Error: filter is broken',
            },
          ]);
        }),
      );
    });
  });

  it('calls guards, interceptors and filters of the class first, those of the method inside', async () => {
    const order: string[] = [];
    const guard = (name: string): CanActivate => ({ canActivate: () => order.push(`guard ${name}`) > 0 });
    const interceptor = (name: string): NestInterceptor => ({
      intercept: (_, next) => {
        order.push(`before ${name}`);
        return next.handle().pipe(tap({ error: () => order.push(`after ${name}`) }));
      },
    });
    const filter = (name: string): ExceptionFilter => ({ catch: () => order.push(`filter ${name}`) });
    const Enhanced = (name: string) =>
      applyDecorators(UseGuards(guard(name)), UseInterceptors(interceptor(name)), UseFilters(filter(name)));

    @Enhanced('class')
    class Layered {
      @Enhanced('method')
      @Job()
      run() {
        order.push('handler');
        throw new Error('boom');
      }
    }
    await withJobHost({ providers: [Layered] }, async (host) => {
      await expect(host.run(Layered, 'run')).rejects.toThrow('boom');
      expect(order).toEqual([
        'guard class',
        'guard method',
        'before class',
        'before method',
        'handler',
        'after method',
        'after class',
        'filter method',
      ]);
    });
  });

  describe('on a controller', () => {
    it('applies what is declared, to a method that is a route as well', async () => {
      @Controller('sync')
      class SyncController {
        @Get()
        @UseGuards(RoleGuard)
        @UseInterceptors(TimingInterceptor)
        @Job()
        sync(source: string) {
          return `synced ${source}`;
        }
      }
      await withJobHost({ controllers: [SyncController], providers: [] }, async (host) => {
        await expect(host.run(SyncController, 'sync', 'erp')).resolves.toEqual({ wrapped: 'synced erp' });
        expect(host.diary.entries[0]).toEqual(['guard', 'scheduler', 'SyncController', 'sync', ['erp']]);
      });
    });
  });

  describe('global enhancers', () => {
    const denyAll = { canActivate: () => false };
    const reversed = {
      intercept: (_: unknown, next: CallHandler) => next.handle().pipe(map((v) => `global ${String(v)}`)),
    };
    const seen: unknown[] = [];
    const globalFilter = { catch: (error: Error) => seen.push(error.message) };
    const shouting = { transform: (value: unknown) => `${String(value)}!` };

    @Injectable()
    class Echo {
      @Job()
      say(text: string) {
        return text;
      }

      @Job()
      fail() {
        throw new Error('boom');
      }
    }

    const metadata = {
      providers: [
        Echo,
        { provide: APP_GUARD, useValue: denyAll },
        { provide: APP_INTERCEPTOR, useValue: reversed },
        { provide: APP_FILTER, useValue: globalFilter },
        { provide: APP_PIPE, useValue: shouting },
      ],
    };

    it('do not apply by themselves: an APP_GUARD made for HTTP does not deny jobs', () =>
      withJobHost(
        metadata,
        async (host) => {
          expect(host.run(Echo, 'say', 'hello')).toBe('hello');
          expect(() => host.run(Echo, 'fail')).toThrow('boom');
          expect(seen.splice(0)).toEqual([]);
        },
        (app) => {
          app.useGlobalGuards(denyAll);
          app.useGlobalInterceptors(reversed);
          app.useGlobalFilters(globalFilter);
          app.useGlobalPipes(shouting);
        },
      ));

    it('apply when asked for, except guards and pipes, which never do', () =>
      withJobHost(metadata, async (host) => {
        const both = ['interceptors', 'filters'] as const;
        await expect(host.handler(Echo, 'say', both)('hello')).resolves.toBe('global hello');
        await expect(host.handler(Echo, 'fail', both)()).rejects.toThrow('boom');
        expect(seen.splice(0)).toEqual(['boom']);

        await expect(host.handler(Echo, 'fail', ['interceptors'])()).rejects.toThrow('boom');
        expect(seen.splice(0)).toEqual([]);
        await expect(host.handler(Echo, 'say', ['filters'])('hello')).resolves.toBe('hello');
      }));

    it('cost a handler nothing when asked for while the application has none', () =>
      withJobHost({ providers: [Echo] }, async (host) => {
        expect(host.handler(Echo, 'say', ['interceptors', 'filters'])('hello')).toBe('hello');
      }));

    it('set with useGlobalInterceptors stand outside those of the handler', () =>
      withJobHost(
        provided,
        async (host) => {
          const result = host.handler(Reports, 'timed', ['interceptors'])('x');
          await expect(result).resolves.toEqual({ outside: { wrapped: 'x' } });
        },
        (app) =>
          app.useGlobalInterceptors({
            intercept: (_, next) => next.handle().pipe(map((value: unknown) => ({ outside: value }))),
          }),
      ));
  });

  describe('when the host is made by a factory', () => {
    @Injectable()
    @UseGuards(RoleGuard)
    class Made {
      @Job()
      run() {}
    }

    it('refuses a guard that Nest would leave out, and says what to do', () =>
      withJobHost({ providers: [{ provide: Made, useFactory: () => new Made() }] }, async (host) => {
        expect(() => host.handler(Made, 'run')).toThrow(
          expect.objectContaining({
            code: 'UNRESOLVABLE_ENHANCER',
            message: expect.stringMatching(
              /^The guard RoleGuard on Made\.run \(RootTestModule\) can't be built: .*new RoleGuard\(…\)\.$/,
            ),
          }),
        );
      }));

    it('runs on a fresh instance each time when the factory needs the request', async () => {
      class PerRun {
        constructor(readonly run: { readonly runId: string }) {}

        @UseInterceptors({ intercept: (_: unknown, next: CallHandler) => next.handle().pipe(map((id) => `in ${id}`)) })
        @Job()
        id() {
          return this.run.runId;
        }
      }
      const provider = { provide: PerRun, useFactory: (run: { runId: string }) => new PerRun(run), inject: [REQUEST] };
      await withJobHost({ providers: [provider] }, async (host) => {
        const handler = host.handler(PerRun, 'id');
        await expect(handler()).resolves.toBe('in run-1');
        await expect(handler()).resolves.toBe('in run-2');
      });
    });

    it('takes instances, and plain handlers as they are', async () => {
      class Plain {
        @UseInterceptors({ intercept: (_: unknown, next: CallHandler) => next.handle().pipe(map(() => 'intercepted')) })
        @Job()
        intercepted() {}

        @Job()
        plain() {
          return 'plain';
        }
      }
      await withJobHost({ providers: [{ provide: Plain, useFactory: () => new Plain() }] }, async (host) => {
        await expect(host.run(Plain, 'intercepted')).resolves.toBe('intercepted');
        expect(host.run(Plain, 'plain')).toBe('plain');
      });
    });
  });
});
