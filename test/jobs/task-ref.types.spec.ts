import { describe, expect, it } from 'vitest';
import type { JobInput, NamedJobInput, TypedJobInput } from '../../lib/jobs/job-input.js';
import type { JsonValue } from '../../lib/jobs/json.js';
import type { JsonCompatible, TaskRef } from '../../lib/jobs/task-ref.js';
import type { SchedulerService } from '../../lib/scheduler.service.js';
import { interval } from '../../lib/triggers/factories.js';

// What is checked here is checked by the compiler, in `npm run typecheck`: a line marked @ts-expect-error that compiles
// is an error there.

interface Message {
  readonly text: string;
  readonly to?: { readonly name: string };
}

interface Tree {
  readonly value: number;
  readonly children: readonly Tree[];
}

class Money {
  constructor(readonly cents: number) {}

  add(other: Money): Money {
    return new Money(this.cents + other.cents);
  }
}

enum Level {
  Low,
  High,
}

type Brand = string & { readonly brand: 'user-id' };

const trigger = interval(1_000);
const message: Message = { text: 'Hello' };

/** The reference that `taskOf` makes of a method. */
function task<Args extends readonly unknown[]>(_handler: (...args: Args) => unknown): TaskRef<Args> {
  return { taskName: 'task' };
}

const added: JobInput[] = [];
const scheduler = {
  addJob: async (job: JobInput) => added.push(job),
  addJobs: async (jobs: readonly JobInput[]) => added.push(...jobs),
} as unknown as Pick<SchedulerService, 'addJob' | 'addJobs'>;
const { addJob, addJobs } = scheduler;

describe('the arguments of a task that is named by a reference', () => {
  it('compile when they are those of the handler', () => {
    const send = task((_to: string, _message: Message, _copies?: number) => 1);
    void addJob({ task: send, args: ['ada', message], trigger });
    void addJob({ task: send, args: ['ada', { text: 'Hi', to: { name: 'Ada' } }, 2], trigger });
    void addJob({ task: task(() => 1), trigger });
    void addJob({ task: task(() => 1), args: [], trigger });
    void addJob({ task: task((_copies?: number) => 1), trigger });
    void addJob({ task: task((..._names: string[]) => 1), trigger });
    void addJob({ task: task((..._names: string[]) => 1), args: ['a', 'b'], trigger });
    expect(added.length).toBeGreaterThan(0);
  });

  it('compile when they survive JSON: interfaces, unions, trees, enums, brands, unknown', () => {
    const tree: Tree = { value: 1, children: [{ value: 2, children: [] }] };
    void addJob({ task: task((_tree: Tree) => 1), args: [tree], trigger });
    void addJob({ task: task((_level: Level | null) => 1), args: [Level.High], trigger });
    void addJob({ task: task((_id: Brand) => 1), args: ['u1' as Brand], trigger });
    void addJob({ task: task((_anything: unknown) => 1), args: [{ at: 1 }], trigger });
    void addJob({ task: task((_json: JsonValue) => 1), args: [{ list: [1, null, 'x'] }], trigger });
    void addJob({ task: task((_map: Record<string, number>) => 1), args: [{ a: 1 }], trigger });
    void addJob({ task: task((_when: Date | string) => 1), args: ['2030-01-01'], trigger });
    void addJob({ task: task((_pair: readonly [number, Message?]) => 1), args: [[1, message]], trigger });
    expect(added.length).toBeGreaterThan(0);
  });

  it('do not compile when one is wrong, missing or too many', () => {
    const send = task((_to: string, _message: Message) => 1);
    // @ts-expect-error another type
    void addJob({ task: send, args: [42, message], trigger });
    // @ts-expect-error a missing one
    void addJob({ task: send, args: ['ada'], trigger });
    // @ts-expect-error none at all
    void addJob({ task: send, trigger });
    // @ts-expect-error one too many
    void addJob({ task: send, args: ['ada', message, 3], trigger });
    // @ts-expect-error a wrong property
    void addJob({ task: send, args: ['ada', { txt: 'Hello' }], trigger });
    // @ts-expect-error not in a list
    void addJob({ task: send, args: 'ada', trigger });
    expect(added.length).toBeGreaterThan(0);
  });

  it('do not compile when JSON would lose something, however deep', () => {
    // @ts-expect-error a Date
    void addJob({ task: task((_when: Date) => 1), args: [new Date(0)], trigger });
    // @ts-expect-error a Date inside
    void addJob({ task: task((_range: { from: Date }) => 1), args: [{ from: new Date(0) }], trigger });
    // @ts-expect-error a Date in a list of lists
    void addJob({ task: task((_days: Date[][]) => 1), args: [[[new Date(0)]]], trigger });
    // @ts-expect-error a Date, although a text would do
    void addJob({ task: task((_when: Date | string) => 1), args: [new Date(0)], trigger });
    // @ts-expect-error a Map
    void addJob({ task: task((_map: Map<string, string>) => 1), args: [new Map()], trigger });
    // @ts-expect-error a Set
    void addJob({ task: task((_tags: { tags: Set<string> }) => 1), args: [{ tags: new Set() }], trigger });
    // @ts-expect-error a function
    void addJob({ task: task((_done: () => void) => 1), args: [() => undefined], trigger });
    // @ts-expect-error a bigint
    void addJob({ task: task((_count: bigint) => 1), args: [1n], trigger });
    // @ts-expect-error a class with methods
    void addJob({ task: task((_price: Money) => 1), args: [new Money(5)], trigger });
    // @ts-expect-error bytes
    void addJob({ task: task((_bytes: Uint8Array) => 1), args: [new Uint8Array(1)], trigger });
    expect(added.length).toBeGreaterThan(0);
  });
});

describe('the arguments of a task that is named by a text', () => {
  it('compile when they survive JSON, interfaces included', () => {
    void addJob({ task: 'send', args: ['ada', { text: 'Hello' }, [1, null]], trigger });
    void addJob({ task: 'send', args: [message], trigger });
    void addJob({ task: 'send', args: [{ nested: message, copies: 2 }], trigger });
    void addJob({ task: 'send', trigger });
    const values: JsonValue[] = [1];
    void addJob({ task: 'send', args: values, trigger });
    const unchecked: readonly unknown[] = JSON.parse('[1]') as unknown[];
    void addJob({ task: 'send', args: unchecked, trigger });
    const named: NamedJobInput = { task: 'send', args: [message], trigger };
    void addJob(named);
    expect(added.length).toBeGreaterThan(0);
  });

  it('do not compile when JSON would lose something', () => {
    // @ts-expect-error a Date
    void addJob({ task: 'send', args: [new Date(0)], trigger });
    // @ts-expect-error a Date inside
    void addJob({ task: 'send', args: [{ at: new Date(0) }], trigger });
    // @ts-expect-error a function
    void addJob({ task: 'send', args: [() => 1], trigger });
    // @ts-expect-error not in a list
    void addJob({ task: 'send', args: 'ada', trigger });
    expect(added.length).toBeGreaterThan(0);
  });
});

describe('a job', () => {
  it('does not compile without a task, without a trigger, or with an option that there is none of', () => {
    // @ts-expect-error no trigger
    void addJob({ task: 'send' });
    // @ts-expect-error no task
    void addJob({ trigger });
    // @ts-expect-error a function as task
    void addJob({ task: () => 1, trigger });
    // @ts-expect-error an option that is not there yet
    void addJob({ task: 'send', trigger, disabled: true });
    // @ts-expect-error a typo
    void addJob({ task: 'send', trigger, maxInstance: 5 });
    // @ts-expect-error a wrong value
    void addJob({ task: 'send', trigger, onConflict: 'update' });
    // @ts-expect-error a text as trigger
    void addJob({ task: 'send', trigger: '* * * * *' });
    expect(added.length).toBeGreaterThan(0);
  });

  it('of any task fits into a list for addJobs', () => {
    void addJobs([
      { task: 'send', args: [message], trigger },
      { task: task((_to: string) => 1), args: ['ada'], trigger },
      { task: task(() => 1), trigger },
    ]);
    const typed: TypedJobInput<[to: string, copies?: number]> = {
      task: task((_to: string, _copies?: number) => 1),
      args: ['ada'],
      trigger,
    };
    void addJob(typed);
    void addJobs([typed]);
    expect(added.length).toBeGreaterThan(0);
  });
});

describe('the arguments in a list of jobs', () => {
  const send = task((_to: string, _message: Message, _copies?: number) => 1);
  const users = ['ada', 'bob'];

  it('compile as those of a single job do, whatever their neighbours are', () => {
    void addJobs([
      { task: send, args: ['ada', { text: 'Hi', to: { name: 'Ada' } }, 2], trigger, tags: ['mail'] },
      { task: 'send', args: [message, [1, null]], trigger },
      { task: task((_copies?: number) => 1), trigger },
      { task: task((..._names: string[]) => 1), args: ['a', 'b'], trigger },
      { task: task((_anything: unknown) => 1), args: [{ at: 1 }], trigger },
    ]);
    void addJobs(users.map((to) => ({ id: to, task: send, args: [to, message] as const, trigger })));
    void addJobs(users.map((to) => ({ id: to, task: 'send', args: [to], trigger })));
    void addJobs([]);
    const list: JobInput[] = [{ task: 'send', args: [message], trigger }];
    void addJobs(list);
    void addJobs([...list, { task: send, args: ['ada', message], trigger }]);
    expect(added.length).toBeGreaterThan(0);
  });

  it('do not compile when one is wrong, missing or too many', () => {
    const fine = { task: 'send', trigger };
    // @ts-expect-error another type
    void addJobs([fine, { task: send, args: [42, message], trigger }]);
    // @ts-expect-error a missing one
    void addJobs([{ task: send, args: ['ada'], trigger }, fine]);
    // @ts-expect-error none at all
    void addJobs([{ task: send, trigger }]);
    // @ts-expect-error one too many
    void addJobs([{ task: send, args: ['ada', message, 1, 2], trigger }]);
    // @ts-expect-error for a handler that takes none
    void addJobs([{ task: task(() => 1), args: [1], trigger }]);
    // @ts-expect-error another type, in a list that is computed
    void addJobs(users.map((to) => ({ task: send, args: [to, 5] as const, trigger })));
    expect(added.length).toBeGreaterThan(0);
  });

  it('do not compile when JSON would lose something', () => {
    // @ts-expect-error a Date for a task that is named by a reference
    void addJobs([{ task: task((_when: Date) => 1), args: [new Date(0)], trigger }]);
    // @ts-expect-error a Date for a task that is named by a text
    void addJobs([{ task: 'send', args: [{ at: new Date(0) }], trigger }]);
    expect(added.length).toBeGreaterThan(0);
  });

  it('do not compile beside an option that there is none of', () => {
    // @ts-expect-error a typo beside a reference
    void addJobs([{ task: send, args: ['ada', message], trigger, maxInstance: 5 }]);
    // @ts-expect-error a typo beside a name
    void addJobs([{ task: 'send', trigger, maxInstance: 5 }]);
    // @ts-expect-error a function as task
    void addJobs([{ task: () => 1, trigger }]);
    expect(added.length).toBeGreaterThan(0);
  });
});

describe('JsonCompatible', () => {
  /** Whether two types are the same. */
  type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
  const isSame = <A, B>(same: Same<A, B>): boolean => same;

  it('is the type itself where JSON can carry it, and never where it can not', () => {
    expect(isSame<JsonCompatible<Message>, Message>(true)).toBe(true);
    expect(isSame<JsonCompatible<unknown>, unknown>(true)).toBe(true);
    expect(isSame<JsonCompatible<Date>, never>(true)).toBe(true);
    expect(isSame<JsonCompatible<Date | string>, string>(true)).toBe(true);
    expect(isSame<JsonCompatible<[number, Date?]>[0], number>(true)).toBe(true);
    expect(isSame<JsonCompatible<{ at: Date }>, { at: never }>(true)).toBe(true);
    expect(isSame<JsonCompatible<() => void>, never>(true)).toBe(true);
  });
});
