import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import { at, SchedulerModule, SchedulerService } from '../../lib/index.js';

@Injectable()
class Connection implements OnModuleDestroy {
  isOpen = true;

  onModuleDestroy(): void {
    this.isOpen = false;
  }
}

@Module({ imports: [SchedulerModule.forRoot()], providers: [Connection] })
class AppModule {}

it('P07 a handler that closes the application lets the other handlers end before their connections are closed', async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const scheduler = app.get(SchedulerService);
  const connection = app.get(Connection);
  const slow = deferred();
  const closing = deferred();
  const seen: boolean[] = [];
  scheduler.registerTask('slow', async () => {
    await slow.promise;
    seen.push(connection.isOpen);
  });
  scheduler.registerTask('closer', async () => {
    const closed = app.close();
    closing.resolve();
    await closed;
  });
  await scheduler.addJob({ id: 'slow', task: 'slow', trigger: at(new Date()) });
  await scheduler.addJob({ id: 'closer', task: 'closer', trigger: at(new Date()) });
  await closing.promise;
  expect(connection.isOpen).toBe(true);
  slow.resolve();
  await app.close();
  expect(seen).toEqual([true]);
  expect(connection.isOpen).toBe(false);
});

function deferred(): { readonly promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
