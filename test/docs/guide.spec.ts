import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type LogLevel } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../lib/events/event-log.js';
import type { SchedulerEventType } from '../../lib/events/scheduler-event.js';
import { JOB_OPTION_KEYS } from '../../lib/jobs/job-policy.js';
import type { JobOptions } from '../../lib/jobs/job-options.js';
import type { Run } from '../../lib/jobs/run-snapshot.js';
import { interval } from '../../lib/triggers/factories.js';
import { recordingLogs } from '../events/recording-logger.js';
import { Harness } from '../support/scheduler-harness.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { codeIn, guideTable, membersOf } from './guide-table.js';

describe('the guide', () => {
  it('has every option of the module in its table, and no other', () => {
    const documented = guideTable('Options of the module').flatMap(([option]) => codeIn(option));
    expect(documented.sort()).toEqual(membersOf('scheduler.options.ts', 'SchedulerModuleOptions').sort());
  });

  it('has every option of a job in its table, and no other', () => {
    const documented = guideTable('Options of a job').flatMap(([option]) => codeIn(option));
    expect(documented.sort()).toEqual([...JOB_OPTION_KEYS, 'disabled', 'aliases'].sort());
  });
});

describe('the catalogue of events in the guide', () => {
  const rows = guideTable('Events').flatMap(([types, level, carries]) =>
    codeIn(types).map((type) => ({ type, level, carries: codeIn(carries) })),
  );
  const source = readFileSync(join(import.meta.dirname, '../../lib/events/scheduler-event.ts'), 'utf8');
  const declared = [...source.matchAll(/(\w+) (?:extends|=) (\w+)<'([a-z]+\.[a-z]+)'>/g)].map(
    ([, name, base, type]) => ({
      name: name as string,
      base: base as string,
      type: type as SchedulerEventType,
    }),
  );

  it('has every event', () => {
    expect(declared.length).toBeGreaterThan(30);
    expect(rows.map(({ type }) => type).sort()).toEqual(declared.map(({ type }) => type).sort());
  });

  it.each(declared)('says what $type carries', ({ name, base, type }) => {
    const ended = base === 'RunEndedBase' ? ['startedAt', 'duration'] : [];
    const carried = [...ended, ...membersOf('events/scheduler-event.ts', name)];
    expect(rows.find((row) => row.type === type)?.carries).toEqual(carried);
  });

  it.each(declared)('says how $type is logged', async ({ type }) => {
    expect(rows.find((row) => row.type === type)?.level).toBe(await levelOf(type));
  });
});

describe('the timeline in the guide', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  it.each(guideTable('Fires that come late'))('is true of %s', async (options, runs, records) => {
    harness = new Harness({}, new VirtualClock('2030-01-01T11:59:00Z'));
    const given = options === 'none' ? {} : (parseOptions(codeIn(options)[0]) as JobOptions);
    expect(await overdueRuns(harness, given)).toEqual({ runs, records });
  });
});

/** The first level, from the gravest on, at which the log takes events of this type. */
async function levelOf(type: SchedulerEventType): Promise<LogLevel | undefined> {
  const levels: LogLevel[] = ['error', 'warn', 'log', 'debug'];
  for (const [index, level] of levels.entries()) {
    const isLogged = await recordingLogs(levels.slice(0, index + 1), () =>
      new EventLog(new Logger('Scheduler')).wants(type),
    );
    if (isLogged) return level;
  }
  return undefined;
}

/** `{ coalesce: 'all', catchUpLimit: 2 }` as it stands in the guide. */
function parseOptions(text: string | undefined): unknown {
  return JSON.parse((text ?? '').replace(/(\w+):/g, '"$1":').replaceAll("'", '"'));
}

/** What becomes of a job of every minute between 12:00:30 and 12:05:10, in the words of the guide. */
async function overdueRuns(harness: Harness, options: JobOptions) {
  const { service, clock } = harness;
  harness.task('work');
  await service.start();
  await service.addJob({ ...options, id: 'job', task: 'work', trigger: interval({ minutes: 1 }) });
  await clock.advanceTo('2030-01-01T12:00:30Z');
  const before = new Set((await service.getRuns()).runs.map(({ runId }) => runId));
  await service.pauseJob('job');
  await clock.advanceTo('2030-01-01T12:05:10Z');
  await service.resumeJob('job', { catchUp: true });
  await clock.advance(0);
  const { runs } = await service.getRuns();
  const made = runs
    .filter(({ runId }) => !before.has(runId))
    .sort((a, b) => Number(a.scheduledTime) - Number(b.scheduledTime));
  return {
    runs:
      made
        .filter(({ state }) => state === 'succeeded')
        .map(({ scheduledTime }) => timeOf(scheduledTime))
        .join(', ') || '–',
    records:
      made
        .filter(({ state }) => state !== 'succeeded')
        .map(recordText)
        .join('; ') || '–',
  };
}

function recordText({ state, reason, count, scheduledTime, until }: Run): string {
  return `${timeOf(scheduledTime)}–${timeOf(until)} ${state} (${reason}, ${count})`;
}

function timeOf(instant: Date): string {
  return instant.toISOString().slice(11, 16);
}
