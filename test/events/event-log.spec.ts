import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { EventBus } from '../../lib/events/event-bus.js';
import type { SchedulerEvent } from '../../lib/events/scheduler-event.js';
import { settle } from '../support/virtual-clock.js';
import { RecordingLogger, recordingLogs } from './recording-logger.js';
import type { LogLine } from './recording-logger.js';
import { failed, missed, paused, retrying, skipped, started, succeeded } from './sample-events.js';

async function linesOf(event: SchedulerEvent): Promise<readonly LogLine[]> {
  return recordingLogs(['debug', 'log', 'warn', 'error'], (logger) => {
    new EventBus().emit(event);
    return logger.lines;
  });
}

describe('EventLog', () => {
  it('logs a failed run as an error with its stack', async () => {
    expect(await linesOf(failed)).toEqual([
      {
        level: 'error',
        message:
          'Job "daily-report" failed after 1203 ms ' +
          '(run daily-report@2030-01-01T03:00:00.000Z, task Reports.daily): TypeError: no such report',
        stack: failed.error.stack,
      },
    ]);
  });

  it('warns of an attempt that failed, with its error and when the next one comes', async () => {
    expect(await linesOf({ ...retrying, attempt: 2 })).toEqual([
      {
        level: 'warn',
        message:
          'Job "daily-report" failed in attempt 2 and is tried again at 2030-01-01T03:00:31.000Z ' +
          '(run daily-report@2030-01-01T03:00:00.000Z, task Reports.daily, attempt 2): TypeError: no such report',
      },
    ]);
  });

  it('P02 warns of missed fires with their number and reason', async () => {
    expect(await linesOf(missed)).toMatchObject([
      {
        level: 'warn',
        message:
          'Job "daily-report" missed 3 fires from 2030-01-01T03:00:00.000Z to 2030-01-03T03:00:00.000Z: misfire ' +
          '(run daily-report@2030-01-01T03:00:00.000Z, task Reports.daily)',
      },
    ]);
  });

  it('warns of a skipped fire, unless it was coalesced as asked', async () => {
    expect(await linesOf(skipped)).toMatchObject([
      { level: 'warn', message: expect.stringContaining('skipped its fire of 2030-01-01T03:00:00.000Z: maxInstances') },
    ]);
    expect(await linesOf({ ...skipped, reason: 'coalesced' })).toMatchObject([{ level: 'debug' }]);
    expect(await linesOf({ ...skipped, reason: 'rescheduled' })).toMatchObject([{ level: 'warn' }]);
  });

  it('tells the lateness of a start, the duration of a success and the attempt of a retry at debug level', async () => {
    expect(await linesOf({ ...started, attempt: 2 })).toMatchObject([
      { level: 'debug', message: expect.stringMatching(/started, 7 ms after it was due .*attempt 2\)$/) },
    ]);
    expect(await linesOf(succeeded)).toMatchObject([
      { level: 'debug', message: expect.stringContaining('succeeded after 1203 ms') },
    ]);
  });

  it('tells at the start what is there and when the next job fires', async () => {
    const event: SchedulerEvent = {
      type: 'scheduler.started',
      time: started.time,
      node: 'node-1',
      jobs: 1,
      stores: ['default', 'local'],
      executors: ['default'],
      timeZone: 'Europe/Berlin',
      nextFire: new Date('2030-01-01T03:00:00Z'),
    };
    expect(await linesOf(event)).toMatchObject([
      {
        level: 'log',
        message:
          'Started with 1 job (stores: default, local; executors: default; time zone Europe/Berlin; ' +
          'next fire 2030-01-01T03:00:00.000Z) as node node-1',
      },
    ]);
  });

  it.each<[string, SchedulerEvent]>([
    ['log', paused],
    ['error', { ...paused, type: 'store.unavailable', store: 'default', error: { name: 'Error', message: 'gone' } }],
    ['log', { ...paused, type: 'store.recovered', store: 'default' }],
    ['warn', { ...paused, type: 'node.lost', store: 'default', lostNode: 'node-2' }],
    ['warn', { ...started, type: 'run.lost', lostNode: null }],
    ['warn', { ...started, type: 'run.fenced' }],
    ['warn', { ...started, type: 'job.unresolvable', reason: 'unknown-task', message: 'no task "Reports.gone"' }],
    ['debug', { ...started, type: 'job.paused', reason: 'manual', failures: 0 }],
    ['warn', { ...started, type: 'job.paused', reason: 'failures', failures: 3 }],
    ['debug', { ...started, type: 'run.queued' }],
  ])('logs once, at level %s: %o', async (level, event) => {
    const lines = await linesOf(event);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.level).toBe(level);
    expect(lines[0]?.message).not.toMatch(/undefined|\[object/);
  });

  it('writes nothing below the level, and notices a change of the level in the next turn of the event loop', () =>
    recordingLogs(['warn', 'error'], async (logger) => {
      const bus = new EventBus();
      bus.emit(started);
      expect(bus.wants('run.started')).toBe(false);
      expect(logger.lines).toEqual([]);

      const verbose = new RecordingLogger(['debug', 'warn', 'error']);
      Logger.overrideLogger(verbose);
      await settle();
      expect(bus.wants('run.started')).toBe(true);
      bus.emit(started);
      expect(verbose.lines).toHaveLength(1);
    }));

  it('is silent when the application switched logging off', () =>
    recordingLogs(['debug'], () => {
      Logger.overrideLogger(false);
      const bus = new EventBus();
      expect(bus.wants('run.failed')).toBe(false);
      bus.emit(failed);
    }));
});
