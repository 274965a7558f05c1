import {
  BadRequestException,
  Body,
  Controller,
  createParamDecorator,
  DefaultValuePipe,
  Injectable,
  ParseIntPipe,
  Post,
  Query,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import type { ArgumentMetadata, CallHandler, ExecutionContext, PipeTransform } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Diary, Job, withJobHost } from './job-host.js';

class Invoice {
  constructor(readonly id: number) {}
}

/** Turns plain objects into the class that the parameter declares. */
@Injectable()
class ToClassPipe implements PipeTransform {
  constructor(private readonly diary: Diary) {}

  transform(value: unknown, { type, metatype, data }: ArgumentMetadata) {
    this.diary.note([type, metatype?.name, data]);
    return metatype === Invoice ? new Invoice((value as Invoice).id) : value;
  }
}

const suffix = (text: string): PipeTransform => ({ transform: async (value: unknown) => `${String(value)}${text}` });
const Tenant = createParamDecorator((_: unknown, context: ExecutionContext) => context.getArgs()[0] as unknown);

describe('pipes', () => {
  it('run per positional argument, with the declared type of each', async () => {
    class Billing {
      @UsePipes(ToClassPipe)
      @Job()
      bill(invoice: Invoice, note: string, urgent: boolean) {
        return [invoice, note, urgent];
      }
    }
    await withJobHost({ providers: [Billing] }, async (host) => {
      const [invoice, ...rest] = (await host.run(Billing, 'bill', { id: 7 }, 'hi', true)) as [Invoice, ...unknown[]];
      expect(invoice).toBeInstanceOf(Invoice);
      expect(invoice.id).toBe(7);
      expect(rest).toEqual(['hi', true]);
      expect(host.diary.entries).toEqual([
        ['body', 'Invoice', undefined],
        ['body', 'String', undefined],
        ['body', 'Boolean', undefined],
      ]);
    });
  });

  it('of the class come before those of the method, those of the parameter last', async () => {
    @UsePipes(suffix(' class'))
    class Layered {
      @UsePipes(suffix(' method'))
      @Job()
      run(@Body(suffix(' parameter')) a: string, b: string) {
        return [a, b];
      }
    }
    await withJobHost({ providers: [Layered] }, async (host) => {
      await expect(host.run(Layered, 'run', 'a', 'b')).resolves.toEqual(['a class method parameter', 'b class method']);
    });
  });

  it('of a parameter run for the argument in its place, on a method that is a route as well', async () => {
    @Controller()
    class Orders {
      @Post()
      @Job()
      list(@Query('page', new DefaultValuePipe(1), ParseIntPipe) page: number, @Tenant(suffix('!')) tenant: string) {
        return [page, tenant];
      }
    }
    await withJobHost({ controllers: [Orders] }, async (host) => {
      await expect(host.run(Orders, 'list', '12', 'acme')).resolves.toEqual([12, 'acme!']);
      await expect(host.run(Orders, 'list')).resolves.toEqual([1, 'undefined!']);
      await expect(host.run(Orders, 'list', 'twelve', 'acme')).rejects.toThrow(BadRequestException);
    });
  });

  it('leave alone parameters whose decorators have no pipes: they get their argument', async () => {
    class Plain {
      @Job()
      run(@Body('name') name: string, @Tenant() tenant: string) {
        return [name, tenant];
      }
    }
    await withJobHost({ providers: [Plain] }, async (host) => {
      expect(host.run(Plain, 'run', 'a', 'b')).toEqual(['a', 'b']);
    });
  });

  it('do not run for arguments that the job does not have', async () => {
    class Optional {
      @UsePipes(suffix('!'))
      @Job()
      run(a: string, b = 'default') {
        return [a, b];
      }

      @UsePipes(suffix('!'))
      @Job()
      decorated(a = 'default', @Body(new DefaultValuePipe('x'), suffix('?')) b?: string) {
        return [a, b];
      }
    }
    await withJobHost({ providers: [Optional] }, async (host) => {
      await expect(host.run(Optional, 'run', 'a')).resolves.toEqual(['a!', 'default']);
      await expect(host.run(Optional, 'decorated')).resolves.toEqual(['default', 'undefined!?']);
    });
  });

  it('validate and transform as they do for a request body', async () => {
    const seen: unknown[] = [];
    const pipe = new ValidationPipe({
      transform: true,
      transformerPackage: {
        plainToInstance: (type: new () => object, value: object) => Object.assign(new type(), value),
        classToPlain: (value: object) => value,
      } as never,
      validatorPackage: {
        validate: (value: unknown) => {
          seen.push(value);
          return (value as Invoice).id < 0 ? [{ property: 'id', constraints: { min: 'id must not be negative' } }] : [];
        },
      },
    });
    class Billing {
      @UsePipes(pipe)
      @Job()
      bill(invoice: Invoice) {
        return invoice;
      }
    }
    await withJobHost({ providers: [Billing] }, async (host) => {
      await expect(host.run(Billing, 'bill', { id: 7 })).resolves.toBeInstanceOf(Invoice);
      await expect(host.run(Billing, 'bill', { id: -1 })).rejects.toThrow(BadRequestException);
      expect(seen).toHaveLength(2);
    });
  });

  it('run after guards and interceptors, which see what the job was given, and their error reaches the filters', async () => {
    const order: unknown[] = [];
    class Ordered {
      @UseGuards({ canActivate: (context: ExecutionContext) => order.push(['guard', context.getArgs()]) > 0 })
      @UseInterceptors({
        intercept: (context: ExecutionContext, next: CallHandler) => {
          order.push(['interceptor', context.getArgs()]);
          return next.handle();
        },
      })
      @UsePipes({
        transform: (value: unknown) => {
          order.push(['pipe', value]);
          if (value === 'bad') throw new BadRequestException('bad argument');
          return 'piped';
        },
      })
      @UseFilters({ catch: (error: Error) => order.push(['filter', error.message]) })
      @Job()
      run(value: string) {
        order.push(['handler', value]);
      }
    }
    await withJobHost({ providers: [Ordered] }, async (host) => {
      await host.run(Ordered, 'run', 'raw');
      expect(order.splice(0)).toEqual([
        ['guard', ['raw']],
        ['interceptor', ['raw']],
        ['pipe', 'raw'],
        ['handler', 'piped'],
      ]);
      await expect(host.run(Ordered, 'run', 'bad')).rejects.toThrow('bad argument');
      expect(order.slice(2)).toEqual([
        ['pipe', 'bad'],
        ['filter', 'bad argument'],
      ]);
    });
  });
});
