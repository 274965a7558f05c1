import { describe, expect, it } from 'vitest';
import { bindTrigger } from '../../lib/triggers/bind-trigger.js';
import { cron, interval } from '../../lib/triggers/factories.js';
import type { BindContext, TriggerDefinition } from '../../lib/triggers/trigger.js';
import { ADDED_AT } from './fires.js';

const CONTEXT: BindContext = { jobId: 'job', addedAt: ADDED_AT, timeZone: 'UTC' };

describe('bindTrigger', () => {
  it('refuses a context that is none, and says what is missing', () => {
    const bad: [unknown, string][] = [
      [undefined, 'the context must be an object'],
      [null, 'the context must be an object'],
      [{ ...CONTEXT, jobId: undefined }, 'jobId must be a text'],
      [{ ...CONTEXT, jobId: Symbol('job') }, 'jobId must be a text'],
      [{ ...CONTEXT, addedAt: '2027-01-01' }, 'addedAt must be a valid Date'],
      [{ ...CONTEXT, addedAt: new Date(NaN) }, 'addedAt must be a valid Date'],
      [{ ...CONTEXT, timeZone: undefined }, 'timeZone'],
    ];
    for (const [context, problem] of bad) {
      expect(() => bindTrigger(cron('H * * * *'), context as BindContext)).toThrow(
        expect.objectContaining({ code: 'INVALID_TRIGGER', message: expect.stringContaining(problem) as string }),
      );
    }
  });

  it('refuses what is no definition, and a kind that nobody knows, in a line or two', () => {
    for (const definition of [null, undefined, 'cron', {}]) {
      expect(() => bindTrigger(definition as TriggerDefinition, CONTEXT)).toThrow(
        expect.objectContaining({ code: 'INVALID_TRIGGER' }),
      );
    }
    for (const kind of [5, Object.create(null) as unknown, Symbol('kind'), '__proto__', 'cronn']) {
      expect(() => bindTrigger({ kind, version: 1 } as TriggerDefinition, CONTEXT)).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_TRIGGER_KIND' }),
      );
    }
    const named = (): unknown => bindTrigger({ kind: 'x'.repeat(100_000), version: 1 }, CONTEXT);
    expect(named).toThrow(/^.{100,1000}$/);
  });

  it('answers that there is no fire around an instant that is none', () => {
    for (const trigger of [cron('@daily'), interval(5), interval(5, { startAt: '2027-01-01', immediate: true })]) {
      const bound = bindTrigger(trigger, CONTEXT);
      expect(bound.next(NaN)).toBeNull();
      expect(bound.previous(NaN)).toBeNull();
      expect(bound.count?.(NaN, NaN)).toBe(0);
    }
  });
});
