import { describe, expect, it } from 'vitest';
import { Cron } from '../../lib/decorators/cron.decorator.js';
import { OnSchedulerEvent } from '../../lib/decorators/on-scheduler-event.decorator.js';
import { taskOf } from '../../lib/decorators/task-of.js';
import { Task } from '../../lib/decorators/task.decorator.js';
import { InvalidTaskError } from '../../lib/jobs/job-errors.js';
import type { JobInput, TypedJobInput } from '../../lib/jobs/job-input.js';
import { interval } from '../../lib/triggers/factories.js';
import { errorOf } from './declared.js';

interface Message {
  readonly text: string;
  readonly to?: { readonly name: string };
}

class Reminders {
  @Task('send-reminder')
  send(_userId: string, _message: Message, _copies?: number) {}

  @Task()
  sendOn(_day: Date) {}

  @Task()
  sendAll(_list: readonly { readonly at: Date }[]) {}

  @Cron('0 3 * * *')
  nightly() {}

  @OnSchedulerEvent('run.failed')
  alert() {}

  undecorated() {}

  readonly label = 'reminders';
}

class Urgent extends Reminders {}

describe('taskOf', () => {
  it('gives the name that @Task gave', () => {
    expect(taskOf(Reminders, 'send').taskName).toBe('send-reminder');
  });

  it('gives Class.method without one, of the class it is asked for', () => {
    expect(taskOf(Reminders, 'nightly').taskName).toBe('Reminders.nightly');
    expect(taskOf(Urgent, 'nightly').taskName).toBe('Urgent.nightly');
  });

  it.each(['undecorated', 'alert', 'missing', 'label'])('refuses %s, which is no task', (method) => {
    const error = errorOf(() => taskOf(Reminders, method as 'send'));
    expect(error).toBeInstanceOf(InvalidTaskError);
    expect(error.message).toContain(`taskOf(Reminders, '${method}')`);
  });

  it('refuses what is no class', () => {
    for (const given of ['Reminders', () => undefined]) {
      expect(() => taskOf(given as never, 'send' as never)).toThrow(InvalidTaskError);
    }
  });

  it('may name a task with parameters in a list for addJobs, beside others', () => {
    const trigger = interval(1000);
    const jobs: readonly JobInput[] = [
      { task: taskOf(Reminders, 'send'), args: ['42', { text: 'Hello' }], trigger },
      { task: taskOf(Reminders, 'nightly'), trigger },
      { task: 'send-reminder', args: ['42', { text: 'Hello' }], trigger },
    ];
    expect(jobs).toHaveLength(3);
  });

  it('lets the compiler check names and arguments', () => {
    const trigger = interval(1000);
    const add = <Args extends readonly unknown[]>(job: TypedJobInput<Args>): string => job.task.taskName;
    const message: Message = { text: 'Hello' };

    add({ task: taskOf(Reminders, 'send'), args: ['42', message], trigger });
    add({ task: taskOf(Reminders, 'send'), args: ['42', { text: 'Hello', to: { name: 'Ada' } }, 2], trigger });
    add({ task: taskOf(Reminders, 'nightly'), trigger });

    // @ts-expect-error a missing argument
    add({ task: taskOf(Reminders, 'send'), args: ['42'], trigger });
    // @ts-expect-error no arguments at all
    add({ task: taskOf(Reminders, 'send'), trigger });
    // @ts-expect-error an argument of another type
    add({ task: taskOf(Reminders, 'send'), args: [42, message], trigger });
    // @ts-expect-error one too many
    add({ task: taskOf(Reminders, 'nightly'), args: ['42'], trigger });
    // @ts-expect-error a Date does not survive JSON
    add({ task: taskOf(Reminders, 'sendOn'), args: [new Date(0)], trigger });
    // @ts-expect-error nor does one deep inside
    add({ task: taskOf(Reminders, 'sendAll'), args: [[{ at: new Date(0) }]], trigger });

    // @ts-expect-error a property that is no method
    expect(() => taskOf(Reminders, 'label')).toThrow(InvalidTaskError);
    // @ts-expect-error no such member
    expect(() => taskOf(Reminders, 'sned')).toThrow(InvalidTaskError);
  });
});
