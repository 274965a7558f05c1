import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, type LogLevel } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../lib/events/event-log.js';
import type { SchedulerEventType } from '../../lib/events/scheduler-event.js';
import { BUILT_IN_DEFAULTS, JOB_OPTION_KEYS, resolveJobOptions } from '../../lib/jobs/job-policy.js';
import type { JobOptions } from '../../lib/jobs/job-options.js';
import type { Run } from '../../lib/jobs/run-snapshot.js';
import { resolveOptions } from '../../lib/scheduler.options.js';
import { driverFor, SUPPORTED_TYPES } from '../../lib/stores/typeorm/supported-drivers.js';
import { interval } from '../../lib/triggers/factories.js';
import { recordingLogs } from '../events/recording-logger.js';
import { Harness } from '../support/scheduler-harness.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { codeIn, guideTable, membersOf, typedMembersOf } from './guide-table.js';

const LIB = join(import.meta.dirname, '..', '..', 'lib');
const ERROR_CLASS = /^export class (\w+) extends SchedulerError \{\s+readonly code = '(\w+)'/gm;

describe('the options in the guide', () => {
  const ofDecorators = [
    ...typedMembersOf('decorators/job-decorator.ts', 'DeclaredJobOptions').filter(({ name }) => name === 'disabled'),
    ...typedMembersOf('decorators/aliases.ts', 'TaskAliases'),
  ];
  const ofJobs = [
    ...typedMembersOf('jobs/job-options.ts', 'JobDefaults'),
    ...typedMembersOf('jobs/job-options.ts', 'JobOptions'),
  ];
  const ofModule = typedMembersOf('scheduler.options.ts', 'SchedulerModuleOptions');
  const ofHistory = typedMembersOf('scheduler.options.ts', 'HistoryRetention');
  const ofRetries = typedMembersOf('jobs/retry.ts', 'RetryOptions');

  it.each([
    ['Options of the module', ofModule],
    ['What is kept of ended runs', ofHistory],
    ['Options of a job', [...ofJobs, ...ofDecorators]],
    ['Retries', ofRetries],
  ])('are all there, with their types: %s', (heading, options) => {
    const documented = guideTable(heading).map(([name, type]) => `${codeIn(name)[0]}: ${codeIn(type)[0]}`);
    expect(options.length).toBeGreaterThan(2);
    expect(documented.sort()).toEqual(options.map(({ name, type }) => `${name}: ${type}`).sort());
  });

  it('of a job are those that the code knows', () => {
    expect(ofJobs.map(({ name }) => name).sort()).toEqual([...JOB_OPTION_KEYS].sort());
  });

  it('have the defaults that the code has', () => {
    const { store, policy, tags, metadata } = resolveJobOptions('the id', {}, BUILT_IN_DEFAULTS, '');
    const module = resolveOptions();
    expectDefaults('Options of a job', { ...BUILT_IN_DEFAULTS, store, maxRuns: policy.maxRuns, tags, metadata });
    expectDefaults('Options of the module', { ...module });
    expectDefaults('What is kept of ended runs', { ...module.historyRetention });
  });

  it('say why, or what they mean', () => {
    const rows = ['Options of the module', 'Options of a job', 'Retries'].flatMap(guideTable);
    expect(rows.filter(([, , , meaning = '']) => meaning.length < 15)).toEqual([]);
  });

  it('of getJobs are all there', () => {
    const members = ['JobsFilter', 'JobSelection', 'InStore'].flatMap((name) => membersOf('jobs/job-input.ts', name));
    expect(
      guideTable('Listing jobs')
        .flatMap(([name]) => codeIn(name))
        .sort(),
    ).toEqual(members.sort());
  });

  it('of stores and executors are all there', () => {
    const named = (heading: string) => guideTable(heading).flatMap(([name]) => codeIn(name));
    const drivers = SUPPORTED_TYPES.flatMap((type) => driverFor(type)?.optionKeys ?? []);
    const ofDatabases = new Set(['type', 'dataSource', 'tablePrefix', 'migrate', ...drivers]);
    expect(named('Options of a database').sort()).toEqual([...ofDatabases].sort());
    expect(named('In memory').sort()).toEqual(
      membersOf('stores/memory/memory-job-store.ts', 'MemoryJobStoreOptions').sort(),
    );
    expect(named('Executors')).toEqual(
      membersOf('executors/in-process/in-process-executor.ts', 'InProcessExecutorOptions'),
    );
  });
});

describe('the errors in the guide', () => {
  it('are those that are exported, each with its code', async () => {
    const entries = await Promise.all([
      import('../../lib/index.js'),
      import('../../lib/typeorm.js'),
      import('../../lib/testing.js'),
    ]);
    const exported = new Set(entries.flatMap((entry) => Object.keys(entry)));
    const declared = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => [...readFileSync(join(LIB, path), 'utf8').matchAll(ERROR_CLASS)])
      .filter(([, name]) => exported.has(name as string))
      .map(([, name, code]) => `${code} ${name}`);
    const documented = guideTable('Codes').map(([code, name]) => `${codeIn(code)[0]} ${codeIn(name)[0]}`);
    expect(documented.sort()).toEqual(declared.sort());
    // All but the class that they have in common.
    expect(declared.length).toBe([...exported].filter((name) => name.endsWith('Error')).length - 1);
  });
});

describe('the catalogue of events in the guide', () => {
  const rows = guideTable('Events').flatMap(([types, level, carries]) =>
    codeIn(types).map((type) => ({ type, level, carries: codeIn(carries) })),
  );
  const source = readFileSync(join(LIB, 'events', 'scheduler-event.ts'), 'utf8');
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

  it('explains every field, with its type', () => {
    const interfaces = [...source.matchAll(/interface (\w+)/g)].map(([, name]) => name as string);
    const types = new Map<string, Set<string>>();
    for (const each of interfaces.flatMap((name) => typedMembersOf('events/scheduler-event.ts', name))) {
      types.set(each.name, (types.get(each.name) ?? new Set()).add(each.type));
    }
    types.set('type', new Set(['SchedulerEventType']));
    const documented = guideTable('Fields of events').map(([field, type]) => [codeIn(field)[0], codeIn(type).sort()]);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries([...types].map(([field, written]) => [field, [...written].sort()])),
    );
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

/** Each default of a table that is no description is that of `values`; flags and numbers have to have one. */
function expectDefaults(heading: string, values: Readonly<Record<string, unknown>>): void {
  const documented = guideTable(heading).map(([name, , cell]) => [codeIn(name)[0] as string, defaultIn(cell)] as const);
  const stated = documented.filter(([name, value]) => name in values && value !== undefined);
  expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(stated.map(([name]) => [name, bare(values[name])])));
  const plain = Object.keys(values).filter((name) => ['boolean', 'number'].includes(typeof values[name]));
  expect(stated.map(([name]) => name)).toEqual(expect.arrayContaining(plain));
}

/** What a cell says: a value in code, a number, a time, nothing; `undefined` for a description. */
function defaultIn(cell = ''): unknown {
  const [, code] = /^`([^`]+)`$/.exec(cell) ?? [];
  if (code?.startsWith("'") || /^(true|false|null|\d+|\[\])$/.test(code ?? '')) {
    return bare(JSON.parse((code as string).replaceAll("'", '"')));
  }
  if (['none', 'no limit', 'by store'].includes(cell)) return null;
  const [, digits, unit] = /^([\d,]+)( s| days)?$/.exec(cell) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits.replaceAll(',', '')) * (unit === ' s' ? 1000 : unit === ' days' ? 86_400_000 : 1);
}

/** Nothing is nothing, however it is kept. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  return value instanceof Map && value.size === 0 ? null : value;
}

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
