import { showValue } from '../errors/show-value.js';
import { type DurationInput, parseDuration } from '../triggers/duration.js';
import { InvalidDecoratorError } from './decorator-errors.js';
import { afterStartDecorator, type DeclaredJobOptions } from './job-decorator.js';

/** The options of {@link AfterStart}. @publicApi */
export interface AfterStartOptions extends DeclaredJobOptions {
  /**
   * `'node'` (default): once in every process, each time it starts. `'cluster'`: once, when the first node of the
   * job's store starts.
   */
  readonly scope?: 'node' | 'cluster';
}

/**
 * Runs the method once, `delay` after the scheduler has started.
 *
 * @param delay milliseconds, parts, or ISO 8601 text; 0 is allowed
 * @example
 * class Cache { @AfterStart({ seconds: 10 }) async warm() {} }
 * @throws {InvalidDecoratorError} when the class is defined, for a delay that is none, and for a `store` beside
 * `scope: 'node'`
 * @throws {InvalidJobOptionError} for an option that is unknown, not supported yet, or wrong
 * @publicApi
 */
export function AfterStart(delay: DurationInput, options: AfterStartOptions = {}): MethodDecorator {
  return afterStartDecorator({
    name: 'AfterStart',
    when: delay,
    options,
    timingKeys: ['scope'],
    afterStart: ({ scope = 'node', store }, what) => {
      assertScope(scope, store, what);
      return { delayMs: parseDuration(delay, 'delay'), scope };
    },
  });
}

function assertScope(scope: unknown, store: string | undefined, what: string): void {
  if (scope !== 'node' && scope !== 'cluster') {
    throw new InvalidDecoratorError(`${what}: scope must be 'node' or 'cluster', got ${showValue(scope)}.`);
  }
  if (scope === 'cluster' || store === undefined || store === 'local') return;
  throw new InvalidDecoratorError(
    `${what}: with scope 'node' every process keeps the job for itself, so it has no store "${store}". ` +
      `Leave the option out, or choose scope 'cluster'.`,
  );
}
