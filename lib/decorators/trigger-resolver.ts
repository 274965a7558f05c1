import { isObject } from '../errors/object-kinds.js';
import { showError, showValue } from '../errors/show-value.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { InvalidDecoratorError, TriggerResolverError } from './decorator-errors.js';

/**
 * Says when a declared job fires, in place of the first argument of its decorator: called once, when the application
 * starts, with the provider that `resolveWith` of the module names. It answers what it stands for, or `null` for a job
 * that is disabled.
 *
 * @example
 * class Reports { @Cron((config: AppConfig) => config.reportCron, { id: 'daily-report' }) daily() {} }
 * @publicApi
 */
export type TriggerResolver<Config, When> = (config: Config) => When | null;

/**
 * A resolver as discovery calls it; `null`: the job is disabled.
 *
 * @param what names the method and its decorator in messages
 * @throws {TriggerResolverError}
 */
export type ResolveTrigger = (config: unknown, what: string) => TriggerDefinition | null;

/** @param make makes the trigger of what was answered */
export function resolvedTrigger<When>(
  resolver: TriggerResolver<never, When>,
  make: (when: When, what: string) => TriggerDefinition,
): ResolveTrigger {
  return (config, what) => {
    const answer = ask(resolver, config, what);
    if (answer === null) return null;
    if (isObject(answer) && 'kind' in answer) {
      throw new TriggerResolverError(
        `${what}: its resolver answered a whole trigger, ${showValue(answer)}. Let it answer what the decorator takes, such as ` +
          `'0 3 * * *' for @Cron; a trigger of another kind can be given as "trigger" in the module's overrides.`,
      );
    }
    try {
      return make(answer, what);
    } catch (error) {
      // This one knows where it stands.
      if (error instanceof InvalidDecoratorError) throw new TriggerResolverError(error.message, { cause: error });
      throw new TriggerResolverError(
        `${what}: its resolver answered ${showValue(answer)}, which does not fit. ${showError(error)}`,
        { cause: error },
      );
    }
  };
}

function ask<When>(resolver: TriggerResolver<never, When>, config: unknown, what: string): When | null {
  const answer = answerOf(resolver, config, what);
  if (answer === undefined) {
    throw new TriggerResolverError(
      `${what}: its resolver answered undefined. Look whether that is set where the configuration comes from; ` +
        `a job that is not to run is disabled by null.`,
    );
  }
  if (answer instanceof Promise) {
    // Nobody else would hear of it.
    answer.catch(() => undefined);
    throw new TriggerResolverError(
      `${what}: its resolver answered a promise, and is not waited for. Let the provider that it is given load the ` +
        `configuration before, as one with an asynchronous useFactory does.`,
    );
  }
  return answer;
}

function answerOf<When>(resolver: TriggerResolver<never, When>, config: unknown, what: string): When | null {
  try {
    return resolver(config as never);
  } catch (error) {
    throw new TriggerResolverError(`${what}: its resolver threw: ${showError(error)}`, { cause: error });
  }
}
