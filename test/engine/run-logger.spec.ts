import { Logger, type LoggerService } from '@nestjs/common';
import { afterEach, expect, it } from 'vitest';
import { currentRun } from '../../lib/executors/run-context.js';
import { interval } from '../../lib/triggers/interval.js';
import { harnesses } from './job-api/harnesses.js';

const { create } = harnesses();

afterEach(() => Logger.overrideLogger(false));

it('tags what a handler logs with its task and its run, also after an await and through the logger of the application', async () => {
  const lines: unknown[][] = [];
  const note =
    (level: string) =>
    (...args: unknown[]): void => {
      if (String(args.at(-1)).startsWith('work ')) lines.push([level, ...args]);
    };
  const logger: LoggerService = { log: note('log'), warn: note('warn'), error: note('error') };
  const harness = create();
  const { scheduler, service, clock } = harness;
  harness.task('work', async () => {
    currentRun().logger.log('begins');
    await Promise.resolve();
    currentRun().logger.warn('ends');
  });
  await scheduler.start();
  await service.addJob({ id: 'a', task: 'work', trigger: interval(60_000) });
  Logger.overrideLogger(logger);
  await clock.advance(60_000);
  const context = 'work a@2030-01-01T00:01:00.000Z';
  expect(lines).toEqual([
    ['log', 'begins', context],
    ['warn', 'ends', context],
  ]);
});
