import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SchedulerError } from '../../../lib/errors/scheduler-error.js';
import type { JobInput } from '../../../lib/jobs/job-input.js';
import { resolveOptions } from '../../../lib/scheduler.options.js';
import type { SchedulerService } from '../../../lib/scheduler.service.js';
import { InProcessExecutor } from '../../../lib/executors/in-process/in-process-executor.js';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { Harness } from '../../support/scheduler-harness.js';
import { UNSHOWABLE } from '../../support/unshowable.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { refusal, shutDown } from './harnesses.js';

const every10 = interval(10_000);
const JOB = '"report"';

let harness: Harness;
let service: SchedulerService;

beforeEach(async () => {
  harness = new Harness();
  harness.task('work');
  service = harness.service;
  await harness.scheduler.start();
});
afterEach(() => shutDown(harness));

type Case = [what: string, input: Record<string, unknown>, code: string, ...words: string[]];

const wrongJobs: Case[] = [
  ['an id with a blank', { id: 'my report' }, 'INVALID_JOB_ID', 'addJob: id', '"my report"', 'no blanks'],
  ['an empty id', { id: '' }, 'INVALID_JOB_ID', 'addJob: id', 'non-empty'],
  ['an id that is no text', { id: 5 }, 'INVALID_JOB_ID', 'addJob: id', '5'],
  ['an id that is too long', { id: 'x'.repeat(192) }, 'INVALID_JOB_ID', '192', '191'],
  ['an id of other characters', { id: 'räport' }, 'INVALID_JOB_ID', 'printable ASCII'],
  ['no task', { task: undefined }, 'INVALID_TASK', JOB, 'task', 'taskOf'],
  ['an unknown task', { task: 'wrok' }, 'UNKNOWN_TASK', JOB, '"wrok"', 'work', 'registerTask()'],
  ['a function as task', { task: function sendReport() {} }, 'INVALID_TASK', JOB, 'sendReport', 'registerTask'],
  ['a class as task', { task: class Reports {} }, 'INVALID_TASK', JOB, 'Reports'],
  ['a task that is a number', { task: 5 }, 'INVALID_TASK', JOB, '5'],
  ['a task name with a blank', { task: 'my task' }, 'INVALID_TASK', JOB, 'task', '"my task"'],
  ['no trigger', { trigger: undefined }, 'INVALID_JOB_OPTION', JOB, 'trigger', 'cron(', 'interval(', 'at('],
  ['a text as trigger', { trigger: '* * * * *' }, 'INVALID_JOB_OPTION', JOB, 'trigger', 'cron()'],
  ['null as trigger', { trigger: null }, 'INVALID_JOB_OPTION', JOB, 'trigger', 'cron()'],
  ['a Date as trigger', { trigger: new Date(0) }, 'INVALID_JOB_OPTION', JOB, 'trigger', 'at()'],
  [
    'an unknown kind of trigger',
    { trigger: { kind: 'moon', version: 1 } },
    'INVALID_JOB_OPTION',
    JOB,
    "'moon'",
    'cron',
  ],
  ['a trigger of the future', { trigger: { ...every10, version: 9 } }, 'INVALID_JOB_OPTION', JOB, 'version 9'],
  ['a trigger with a typo', { trigger: { ...every10, evry: 5 } }, 'INVALID_JOB_OPTION', JOB, "'evry'"],
  ['a trigger that contradicts itself', { trigger: { ...every10, every: -5 } }, 'INVALID_JOB_OPTION', JOB, '-5'],
  [
    'a cron text that is wrong',
    { trigger: { kind: 'cron', version: 1, text: '99 * * * *' } },
    'INVALID_JOB_OPTION',
    JOB,
    '99',
  ],
  [
    'a zone that there is none of',
    { trigger: { ...every10, timeZone: 'Mars/Base' } },
    'INVALID_JOB_OPTION',
    JOB,
    'Mars/Base',
  ],
  [
    'a date that there is none of',
    { trigger: { kind: 'cron', version: 1, text: '0 0 31 2 *' } },
    'NEVER_FIRES',
    JOB,
    'trigger',
  ],
  [
    'a trigger whose end has passed',
    { trigger: interval(5_000, { endAt: '2029-01-01' }) },
    'NEVER_FIRES',
    JOB,
    'trigger',
  ],
  ['arguments that are no list', { args: 'x' }, 'INVALID_ARGUMENTS', JOB, 'args', 'list'],
  ['a Date in the arguments', { args: [{ at: new Date(0) }] }, 'INVALID_ARGUMENTS', JOB, 'args[0].at', 'a Date', 'ISO'],
  ['a Map in the arguments', { args: [new Map()] }, 'INVALID_ARGUMENTS', JOB, 'args[0]', 'a Map'],
  ['undefined in the arguments', { args: [1, undefined] }, 'INVALID_ARGUMENTS', JOB, 'args[1]', 'undefined'],
  ['a function in the arguments', { args: [() => 1] }, 'INVALID_ARGUMENTS', JOB, 'args[0]', 'a function'],
  ['arguments that are too large', { args: ['x'.repeat(70_000)] }, 'INVALID_ARGUMENTS', JOB, '64 KiB'],
  ['an unknown store', { store: 'nowhere' }, 'UNKNOWN_STORE', JOB, '"nowhere"', 'default, local', 'addStore()'],
  ['an unknown executor', { executor: 'nobody' }, 'UNKNOWN_EXECUTOR', JOB, '"nobody"', 'default', 'addExecutor()'],
  ['an unknown option', { maxInstance: 2 }, 'INVALID_JOB_OPTION', JOB, '"maxInstance"', '"maxInstances"'],
  ['a retryIf beside retry', { retryIf: () => true }, 'INVALID_JOB_OPTION', JOB, '"retryIf"', '@Task', 'registerTask'],
  ['an option of the trigger', { timeZone: 'UTC' }, 'INVALID_JOB_OPTION', JOB, '"timeZone"', 'cron()'],
  ['an unknown onConflict', { onConflict: 'update' }, 'INVALID_JOB_OPTION', JOB, 'onConflict', "'replace'", 'update'],
  ['an allowUnknownTask that is no flag', { allowUnknownTask: 'yes' }, 'INVALID_JOB_OPTION', JOB, 'allowUnknownTask'],
  ['metadata that is no JSON', { metadata: { at: new Date(0) } }, 'INVALID_ARGUMENTS', JOB, 'metadata.at', 'a Date'],
  ['tags that are no list', { tags: 'x' }, 'INVALID_JOB_OPTION', JOB, 'tags'],
  ['a name that is no text', { name: 5 }, 'INVALID_JOB_OPTION', JOB, 'name'],
  [
    'a grace time in seconds',
    { misfireGraceTime: 300 },
    'INVALID_JOB_OPTION',
    JOB,
    'misfireGraceTime',
    '{ seconds: 300 }',
  ],
  ['a grace time that is none', { misfireGraceTime: 'soon' }, 'INVALID_DURATION', JOB, 'misfireGraceTime', "'soon'"],
  ['an unknown coalesce', { coalesce: 'newest' }, 'INVALID_JOB_OPTION', JOB, 'coalesce', "'latest'"],
  ['a catchUpLimit of 0', { catchUpLimit: 0 }, 'INVALID_JOB_OPTION', JOB, 'catchUpLimit'],
  ['a maxInstances of 0', { maxInstances: 0 }, 'INVALID_JOB_OPTION', JOB, 'maxInstances'],
  [
    'an overlap that is none',
    { overlap: 'replace' },
    'INVALID_JOB_OPTION',
    JOB,
    'overlap',
    "'skip', 'queue', 'queueOne' or 'cancelRunning'",
    "'replace'",
  ],
  ['a retry that is a number', { retry: 3 }, 'INVALID_JOB_OPTION', JOB, 'retry', '3'],
  [
    'a retryIf, which no store can keep',
    { retry: { maxAttempts: 3, retryIf: () => true } },
    'INVALID_JOB_OPTION',
    JOB,
    'retry',
    '"retryIf"',
    '@Task',
    'registerTask',
  ],
  ['a maxRuns of half', { maxRuns: 0.5 }, 'INVALID_JOB_OPTION', JOB, 'maxRuns'],
  ['a pauseAfterFailures of 0', { pauseAfterFailures: 0 }, 'INVALID_JOB_OPTION', JOB, 'pauseAfterFailures'],
  ['disabled', { disabled: true }, 'INVALID_JOB_OPTION', JOB, 'only a declared job', 'pauseJob()'],
];

describe('addJob with something wrong', () => {
  it.each(wrongJobs)('refuses %s, and stores nothing', async (_what, input, code, ...words) => {
    const job = { id: 'report', task: 'work', trigger: every10, ...input } as unknown as JobInput;
    const single = await refusal(() => service.addJob(job as never), ...words);
    expect(single.code).toBe(code);
    const fine: JobInput = { id: 'fine', task: 'work', trigger: every10 };
    expect((await refusal(() => service.addJobs([fine, job]), ...words)).code).toBe(code);
    expect(await service.getJobs({ finished: true })).toEqual([]);
    expect(harness.types('job.', 'run.')).toEqual([]);
  });

  it.each([undefined, null, 'report', 5, []])('refuses %j in place of a job', async (job) => {
    expect((await refusal(() => service.addJob(job as never), 'addJob', '{ id, task, trigger }')).code).toBe(
      'INVALID_JOB_OPTION',
    );
    expect((await refusal(() => service.addJobs([job as never]))).code).toBe('INVALID_JOB_OPTION');
  });

  it.each([undefined, null, 'report', { id: 'report' }])('refuses %j in place of a list of jobs', async (jobs) => {
    expect((await refusal(() => service.addJobs(jobs as never), 'addJobs', 'list')).code).toBe('INVALID_JOB_OPTION');
  });

  it('P17 refuses functions, bound methods and classes as tasks: only names go into a store', async () => {
    const reports = { daily: (): number => 1 };
    for (const task of [() => 1, reports.daily.bind(reports), class Reports {}, async () => 1]) {
      const job = { id: 'report', task, trigger: every10 };
      expect((await refusal(() => service.addJob(job as never), JOB, 'function', 'registerTask')).code).toBe(
        'INVALID_TASK',
      );
    }
    expect(await service.getJobs()).toEqual([]);
  });

  it('P16 refuses intervals of nothing, of less, of no text and without a fixed length, where they are made', async () => {
    for (const every of [0, -1, NaN, Infinity, 'soon', '', { months: 1 }, {}, null]) {
      const error = await refusal(() => interval(every as number), 'interval()');
      expect(error.code).toBe('INVALID_DURATION');
    }
  });

  it('P15 refuses a cron text with something left over, where it is made', async () => {
    const error = await refusal(() => cron('* * * * mon-fri2'), 'mon-fri2', '^');
    expect(error).toBeInstanceOf(SchedulerError);
    await refusal(() => cron(''));
    await refusal(() => at('tomorrow'), "'tomorrow'");
  });
});

describe('modifyJob with something wrong', () => {
  it.each<Case>([
    ['a trigger', { trigger: every10 }, 'INVALID_JOB_OPTION', JOB, 'rescheduleJob'],
    ['an id', { id: 'other' }, 'INVALID_JOB_OPTION', JOB, '"id"', 'add it anew'],
    ['a store', { store: 'local' }, 'INVALID_JOB_OPTION', JOB, '"store"', 'add it anew'],
    ['a task', { task: 'work' }, 'INVALID_JOB_OPTION', JOB, '"task"', 'add it anew'],
    ['an unknown option', { maxInstance: 2 }, 'INVALID_JOB_OPTION', JOB, '"maxInstance"', '"maxInstances"'],
    ['an option of addJob', { onConflict: 'replace' }, 'INVALID_JOB_OPTION', JOB, '"onConflict"'],
    ['half a pauseAfterFailures', { pauseAfterFailures: 0.5 }, 'INVALID_JOB_OPTION', JOB, 'pauseAfterFailures'],
    ['a retryIf', { retry: { maxAttempts: 2, retryIf: () => true } }, 'INVALID_JOB_OPTION', JOB, '"retryIf"', '@Task'],
    ['disabled', { disabled: true }, 'INVALID_JOB_OPTION', JOB, 'only a declared job', 'pauseJob()'],
    ['an unknown executor', { executor: 'nobody' }, 'UNKNOWN_EXECUTOR', JOB, '"nobody"'],
    ['arguments that are no JSON', { args: [new Date(0)] }, 'INVALID_ARGUMENTS', JOB, 'args[0]'],
    ['metadata that is no JSON', { metadata: { f: () => 1 } }, 'INVALID_ARGUMENTS', JOB, 'metadata.f'],
    ['a maxInstances of 0', { maxInstances: 0 }, 'INVALID_JOB_OPTION', JOB, 'maxInstances'],
    ['a grace time in seconds', { misfireGraceTime: 30 }, 'INVALID_JOB_OPTION', JOB, '{ seconds: 30 }'],
  ])('refuses %s, and changes nothing', async (_what, changes, code, ...words) => {
    const before = await service.addJob({ id: 'report', task: 'work', trigger: every10 });
    const error = await refusal(() => service.modifyJob('report', { tags: ['x'], ...changes }), ...words);
    expect(error.code).toBe(code);
    expect(await service.getJob('report')).toEqual(before);
    expect(harness.types('job.')).toEqual(['job.added']);
  });

  it.each([undefined, null, 'x', []])('refuses %j in place of changes', async (changes) => {
    await service.addJob({ id: 'report', task: 'work', trigger: every10 });
    const error = await refusal(() => service.modifyJob('report', changes as never), JOB, 'object');
    expect(error.code).toBe('INVALID_JOB_OPTION');
  });
});

describe('the other verbs with something wrong', () => {
  it.each<[call: string, act: () => Promise<unknown>, code: string, ...words: string[]]>([
    [
      'rescheduleJob without trigger',
      () => service.rescheduleJob('report', undefined as never),
      'INVALID_JOB_OPTION',
      JOB,
      'trigger',
    ],
    [
      'rescheduleJob with a text',
      () => service.rescheduleJob('report', '* * * * *' as never),
      'INVALID_JOB_OPTION',
      JOB,
      'trigger',
      'cron()',
    ],
    [
      'runJob with a Date',
      () => service.runJob('report', { args: [new Date(0)] as never }),
      'INVALID_ARGUMENTS',
      "'report'",
      'args[0]',
    ],
    [
      'runJob with a typo',
      () => service.runJob('report', { forced: true } as never),
      'INVALID_JOB_OPTION',
      "runJob('report')",
      '"force"',
    ],
    [
      'runJob with a flag that is none',
      () => service.runJob('report', { force: 1 as never }),
      'INVALID_JOB_OPTION',
      'force',
      'true or false',
    ],
    [
      'pauseJob with a typo',
      () => service.pauseJob('report', { wiat: true } as never),
      'INVALID_JOB_OPTION',
      "pauseJob('report')",
      '"wait"',
    ],
    [
      'resumeJob with a typo',
      () => service.resumeJob('report', { catchup: true } as never),
      'INVALID_JOB_OPTION',
      '"catchUp"',
    ],
    [
      'removeJob with null',
      () => service.removeJob('report', null as never),
      'INVALID_JOB_OPTION',
      "removeJob('report')",
    ],
    ['getJob with a typo', () => service.getJob('report', { stroe: 'x' } as never), 'INVALID_JOB_OPTION', '"store"'],
    ['getRun with a typo', () => service.getRun('x', { stroe: 'x' } as never), 'INVALID_JOB_OPTION', '"store"'],
    ['getJobs with a typo', () => service.getJobs({ tag: 'x' } as never), 'INVALID_JOB_OPTION', 'getJobs', '"tags"'],
    [
      'getJobs with a state that there is none of',
      () => service.getJobs({ state: 'idle' as never }),
      'INVALID_JOB_OPTION',
      'getJobs',
      'idle',
    ],
    [
      'getJobs with finished as state',
      () => service.getJobs({ state: 'finished' as never }),
      'INVALID_JOB_OPTION',
      'finished: true',
    ],
    ['getJobs with tags that are no list', () => service.getJobs({ tags: 'x' as never }), 'INVALID_JOB_OPTION', 'tags'],
    ['getJobs with a task that is no name', () => service.getJobs({ task: 5 as never }), 'INVALID_JOB_OPTION', 'task'],
    ['pauseJobs with a task that is empty', () => service.pauseJobs({ task: '' }), 'INVALID_JOB_OPTION', 'task'],
    ['getJobs with no reference', () => service.getJobs({ task: {} as never }), 'INVALID_JOB_OPTION', 'taskOf('],
    [
      'getJobs with a flag that is none',
      () => service.getJobs({ finished: 'yes' as never }),
      'INVALID_JOB_OPTION',
      'finished',
    ],
    ['getJobs in an unknown store', () => service.getJobs({ store: 'nowhere' }), 'UNKNOWN_STORE', '"nowhere"'],
    [
      'removeJobs without a selection',
      () => service.removeJobs(undefined as never),
      'INVALID_JOB_OPTION',
      'removeJobs',
    ],
    ['removeJobs with a typo', () => service.removeJobs({ tasks: 'work' } as never), 'INVALID_JOB_OPTION', '"task"'],
    [
      'pauseJobs with a state',
      () => service.pauseJobs({ state: 'active' } as never),
      'INVALID_JOB_OPTION',
      'pauseJobs',
      '"state"',
    ],
    [
      'resumeJobs with tags that are no list',
      () => service.resumeJobs({ tags: 'x' as never }),
      'INVALID_JOB_OPTION',
      'tags',
    ],
    [
      'registerTask with a class',
      async () => service.registerTask('report', class Report {} as never),
      'INVALID_TASK',
      'Report is a class',
    ],
    [
      'registerTask with a retryIf that is none',
      async () => service.registerTask('report', () => 1, { retryIf: 5 as never }),
      'INVALID_JOB_OPTION',
      "registerTask('report'): retryIf",
    ],
    ['shutdown with a text', () => service.shutdown({ timeout: 'soon' }), 'INVALID_DURATION', 'shutdown: timeout'],
    [
      'removeStore with a text',
      () => service.removeStore('default', { timeout: 'soon' }),
      'INVALID_DURATION',
      'removeStore: timeout',
    ],
  ])('%s is refused, and changes nothing', async (_call, act, code, ...words) => {
    const before = await service.addJob({ id: 'report', task: 'work', trigger: every10 });
    expect((await refusal(act, ...words)).code).toBe(code);
    expect(await service.getJob('report')).toEqual(before);
    expect(harness.types('job.', 'run.')).toEqual(['job.added']);
    expect(service.state).toBe('running');
  });
});

describe('a wrong id', () => {
  const wrong = [undefined, null, 5, {}, [], new Date(0), () => 'report', Symbol('report')];

  it.each(wrong)('%o is refused by every call that takes one, before a store is asked', async (value) => {
    const id = value as never;
    const calls = {
      getJob: () => service.getJob(id),
      modifyJob: () => service.modifyJob(id, {}),
      rescheduleJob: () => service.rescheduleJob(id, every10),
      pauseJob: () => service.pauseJob(id),
      resumeJob: () => service.resumeJob(id),
      removeJob: () => service.removeJob(id),
      runJob: () => service.runJob(id),
      getRun: () => service.getRun(id),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect((await refusal(call, `${name}: the id`)).code).toBe('INVALID_JOB_ID');
    }
  });
});

describe('the options of a call that steers the scheduler', () => {
  it.each<[call: string, act: () => unknown, code: string, ...words: string[]]>([
    [
      'start with no flag',
      () => service.start({ paused: 'no' as never }),
      'INVALID_JOB_OPTION',
      'start: paused',
      `'no'`,
    ],
    ['start with a typo', () => service.start({ puased: true } as never), 'INVALID_JOB_OPTION', 'start', '"paused"'],
    ['start with null', () => service.start(null as never), 'INVALID_JOB_OPTION', 'start', 'null'],
    ['shutdown with a typo', () => service.shutdown({ foo: 1 } as never), 'INVALID_JOB_OPTION', 'shutdown', '"foo"'],
    ['shutdown with a number', () => service.shutdown(5 as never), 'INVALID_JOB_OPTION', 'shutdown', '5'],
    ['shutdown with null', () => service.shutdown(null as never), 'INVALID_JOB_OPTION', 'shutdown', 'null'],
    [
      'shutdown with less than nothing',
      () => service.shutdown({ timeout: -1 }),
      'INVALID_DURATION',
      'shutdown: timeout',
    ],
    ['removeStore with null', () => service.removeStore('default', null as never), 'INVALID_JOB_OPTION', 'removeStore'],
    [
      'removeStore with a typo',
      () => service.removeStore('x', { time: 1 } as never),
      'INVALID_JOB_OPTION',
      'removeStore',
    ],
    ['removeExecutor with 5', () => service.removeExecutor('x', 5 as never), 'INVALID_JOB_OPTION', 'removeExecutor'],
    ['printJobs with null', () => service.printJobs(null as never), 'INVALID_JOB_OPTION', 'printJobs', 'null'],
    ['printJobs with {}', () => service.printJobs({} as never), 'INVALID_JOB_OPTION', 'printJobs', '{}'],
    ['printJobs with 5', () => service.printJobs(5 as never), 'INVALID_JOB_OPTION', 'printJobs', 'process.stdout'],
  ])('are checked, and refused by a rejection: %s', async (_call, act, code, ...words) => {
    let answer: unknown;
    expect(() => (answer = act())).not.toThrow();
    expect((await refusal(() => answer, ...words)).code).toBe(code);
    expect(service.state).toBe('running');
  });
});

describe('a wrong value that can not be turned into text', () => {
  const values = [...UNSHOWABLE, ['a bigint', 1n] as const];
  const report = { id: 'report', task: 'work', trigger: every10 };

  it.each(values)('%s is refused with a code all the same, wherever it stands', async (_what, value) => {
    const wrong = value as never;
    const calls: (() => unknown)[] = [
      ...['name', 'store', 'executor', 'maxInstances', 'maxRuns', 'coalesce', 'catchUpLimit', 'tags'].map(
        (option) => () => service.addJob({ ...report, [option]: wrong }),
      ),
      ...['onConflict', 'allowUnknownTask', 'task', 'trigger', 'args'].map(
        (option) => () => service.addJob({ ...report, [option]: wrong }),
      ),
      () => service.addJob({ ...report, id: wrong }),
      () => service.addJobs([[wrong] as never]),
      () => service.getJobs({ task: wrong }),
      () => service.getJobs({ tags: wrong }),
      () => service.getJobs({ state: wrong }),
      () => service.getJobs({ finished: wrong }),
      () => service.getJobs({ store: wrong }),
      () => service.getRuns({ jobId: wrong }),
      () => service.getRuns({ state: wrong }),
      () => service.getRuns({ limit: wrong }),
      () => service.getRuns({ cursor: wrong }),
      () => service.registerTask(wrong, () => 1),
      () => service.registerTask('other', wrong),
      () => service.addStore(wrong, new MemoryJobStore()),
      () => service.addStore('other', [wrong] as never),
      () => service.addExecutor('other', [wrong] as never),
      ...['timeZone', 'autoStart', 'globalEnhancers'].map((option) => () => resolveOptions({ [option]: wrong })),
      ...['stores', 'executors', 'jobDefaults', 'historyRetention', 'nodeName', 'clock', 'pollInterval'].map(
        (option) => () => resolveOptions({ [option]: [wrong] }),
      ),
    ];
    for (const call of calls) expect((await refusal(call)).code).not.toBe('');
  });

  it('is shown as what it is: a text in quotes, a list as a list', async () => {
    for (const [value, shown] of [
      ['1', `got '1'`],
      [[], 'got []'],
      [{}, 'got {}'],
    ] as const) {
      const error = await refusal(() => service.addJob({ ...report, maxInstances: value as never }));
      expect(error.message).toContain(shown);
    }
  });
});

describe('a scheduler that has been shut down', () => {
  it('says so, and how to go on', async () => {
    await shutDown(harness);
    const add = () => service.addJob({ id: 'report', task: 'work', trigger: every10 });
    const error = await refusal(add, 'shut down', 'start()');
    expect(error.code).toBe('SCHEDULER_STOPPED');
  });

  it('says so before it says what else has gone by then, such as an executor', async () => {
    await service.addExecutor('cpu', new InProcessExecutor());
    await service.removeExecutor('cpu');
    await shutDown(harness);
    const add = () => service.addJob({ id: 'report', task: 'work', trigger: every10, executor: 'cpu' });
    const error = await refusal(add, 'shut down', 'start()');
    expect(error.code).toBe('SCHEDULER_STOPPED');
  });
});

describe('the options of the module', () => {
  it.each<[what: string, options: Record<string, unknown>, code: string, ...words: string[]]>([
    ['an unknown option', { timezone: 'UTC' }, 'INVALID_OPTION', '"timezone"', '"timeZone"'],
    ['a zone that there is none of', { timeZone: 'Europe/Berlni' }, 'UNKNOWN_TIME_ZONE', 'timeZone', 'Europe/Berlin'],
    ['store and stores', { store: new MemoryJobStore(), stores: {} }, 'INVALID_OPTION', '"store"', '"stores"'],
    ['a store that is none', { store: {} }, 'INVALID_OPTION', 'stores.default', 'MemoryJobStore'],
    ['a class as store', { store: MemoryJobStore }, 'INVALID_OPTION', 'new MemoryJobStore()'],
    ['an alias with a blank', { stores: { 'my store': new MemoryJobStore() } }, 'INVALID_ALIAS', "'my store'"],
    ['stores that are no object', { stores: 5 }, 'INVALID_OPTION', 'stores'],
    ['stores that are a Map', { stores: new Map([['default', new MemoryJobStore()]]) }, 'INVALID_OPTION', 'stores'],
    ['executors that are no object', { executors: 5 }, 'INVALID_OPTION', 'executors'],
    ['a retention that is no object', { historyRetention: 5 }, 'INVALID_OPTION', 'historyRetention'],
    ['an executor that is none', { executors: { cpu: 5 } }, 'INVALID_OPTION', 'executors.cpu', 'InProcessExecutor'],
    ['wrong jobDefaults', { jobDefaults: { maxInstances: 0 } }, 'INVALID_JOB_OPTION', 'jobDefaults', 'maxInstances'],
    [
      'unsupported jobDefaults',
      { jobDefaults: { disabled: true } },
      'INVALID_JOB_OPTION',
      'jobDefaults',
      'unknown option "disabled"',
    ],
    [
      'a retryIf in jobDefaults',
      { jobDefaults: { retry: { maxAttempts: 2, retryIf: () => true } } },
      'INVALID_JOB_OPTION',
      'jobDefaults: retry',
      '"retryIf"',
    ],
    ['overrides that are a list', { overrides: [] }, 'INVALID_JOB_OPTION', 'overrides', "{ 'daily-report'"],
    ['overrides in a Map', { overrides: new Map() }, 'INVALID_JOB_OPTION', 'overrides', 'a Map'],
    ['a resolveWith that is no token', { resolveWith: {} }, 'INVALID_OPTION', 'resolveWith', 'token'],
    ['an autoStart that is no flag', { autoStart: 'no' }, 'INVALID_OPTION', 'autoStart'],
    ['a keepAlive that is no flag', { keepAlive: 0 }, 'INVALID_OPTION', 'keepAlive'],
    ['a shutdownTimeout that is none', { shutdownTimeout: -1 }, 'INVALID_DURATION', 'shutdownTimeout'],
    ['a lease that is too short', { leaseTtl: 500 }, 'INVALID_OPTION', 'leaseTtl', '1 s'],
    ['a poll interval of 0', { pollInterval: 0 }, 'INVALID_OPTION', 'pollInterval'],
    ['global guards', { globalEnhancers: ['guards'] }, 'INVALID_OPTION', 'globalEnhancers', 'guards'],
    ['an unknown retention', { historyRetention: { maxDays: 5 } }, 'INVALID_OPTION', 'historyRetention', '"maxDays"'],
    ['a retention of nothing', { historyRetention: { maxRunsPerJob: 0 } }, 'INVALID_OPTION', 'maxRunsPerJob'],
    [
      'a retention of no time',
      { historyRetention: { maxAge: 0 } },
      'INVALID_OPTION',
      'historyRetention.maxAge',
      '7 days',
    ],
    ['a node name that is none', { nodeName: '' }, 'INVALID_OPTION', 'nodeName'],
    ['a node name that can not be printed', { nodeName: 'a\0' }, 'INVALID_OPTION', 'nodeName', 'printable'],
    ['a clock that is none', { clock: Date }, 'INVALID_OPTION', 'clock', 'monotonic()'],
    [
      'a clock with timers of no length',
      { clock: Object.assign(new VirtualClock(), { longestTimerMs: 0 }) },
      'INVALID_OPTION',
      'longestTimerMs',
      'got 0',
    ],
  ])('refuse %s by name', async (_what, options, code, ...words) => {
    const error = await refusal(() => resolveOptions(options), ...words);
    expect(error.code).toBe(code);
  });

  it.each([null, 5, 'x'])('refuse %j in place of options', async (options) => {
    expect((await refusal(() => resolveOptions(options as never))).code).toBe('INVALID_OPTION');
  });
});
