import type { ModuleRef } from '@nestjs/core';
import type { JobDeclaration } from '../decorators/declarations.js';
import { TriggerResolverError } from '../decorators/decorator-errors.js';
import type { ResolvedOptions } from '../engine/engine-options.js';
import { showError } from '../errors/show-value.js';
import type { DeclaredJob } from '../jobs/declared-job.js';
import { type CheckedOverride, overrideOf } from '../jobs/job-override.js';
import { nearestWord } from '../jobs/known-keys.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { InvalidOverrideError } from './discovery-errors.js';

/** Which declared job it is. */
type Identity = Pick<DeclaredJob, 'id' | 'task' | 'source'>;

/** Makes declared jobs of what decorators say and what the application is configured with. */
export class JobConfiguration {
  readonly #options: Pick<ResolvedOptions, 'overrides' | 'resolveWith'>;
  readonly #moduleRef: Pick<ModuleRef, 'get'>;

  constructor(options: Pick<ResolvedOptions, 'overrides' | 'resolveWith'>, moduleRef: Pick<ModuleRef, 'get'>) {
    this.#options = options;
    this.#moduleRef = moduleRef;
  }

  /** @throws {InvalidOverrideError | TriggerResolverError} */
  configure(declaration: JobDeclaration, identity: Identity): DeclaredJob {
    const override = this.#options.overrides.get(identity.id);
    if (override) assertFits(override, declaration, identity);
    const isDisabled = override?.disabled ?? declaration.disabled;
    const trigger = override?.trigger ?? (isDisabled ? declaration.trigger : this.#triggerOf(declaration, identity));
    const { id, task, source } = identity;
    const { afterStart, options, retryIf } = declaration;
    return {
      id,
      task,
      trigger,
      afterStart,
      options: override ? { ...options, ...override.options } : options,
      retryIf,
      // What a resolver has no trigger for can't be enabled.
      disabled: isDisabled || (!trigger && !afterStart),
      source: override ? `${source}, with ${overrideOf(id)}` : source,
    };
  }

  /**
   * A typing error would else leave a job as it is, one that was to be disabled for instance.
   *
   * @throws {InvalidOverrideError}
   */
  assertAllDeclared(ids: readonly string[]): void {
    for (const id of this.#options.overrides.keys()) {
      if (ids.includes(id)) continue;
      const nearest = nearestWord(id, ids);
      const known = ids.length === 0 ? 'No decorator declares a job.' : `Declared: ${ids.slice(0, 20).join(', ')}.`;
      throw new InvalidOverrideError(
        `${overrideOf(id)}: no decorator declares a job of that id. ` +
          `${nearest ? `Did you mean "${nearest}"?` : known} Jobs of addJob() are changed by modifyJob().`,
      );
    }
  }

  /** A disabled job is not asked for its trigger: where it does not run, its configuration may be missing. */
  #triggerOf({ trigger, resolve, decorator }: JobDeclaration, { source }: Identity): TriggerDefinition | null {
    if (!resolve) return trigger;
    const what = `${source}: ${decorator}`;
    return resolve(this.#config(what), what);
  }

  #config(what: string): unknown {
    const { resolveWith } = this.#options;
    if (resolveWith === null) {
      throw new TriggerResolverError(
        `${what} has a resolver, and nothing to call it with. Name the provider of your configuration: ` +
          `SchedulerModule.forRoot({ resolveWith: ConfigService }).`,
      );
    }
    try {
      return this.#moduleRef.get<unknown>(resolveWith, { strict: false });
    } catch (error) {
      const token = typeof resolveWith === 'function' ? resolveWith.name : `"${String(resolveWith)}"`;
      throw new TriggerResolverError(
        `${what}: its resolver can't be called with ${token}, which resolveWith names. Provide it in a module of this ` +
          `application, as a singleton. ${showError(error)}`,
        { cause: error },
      );
    }
  }
}

function assertFits(
  override: CheckedOverride,
  { afterStart, decorator }: JobDeclaration,
  { id, source }: Identity,
): void {
  if (!afterStart) return;
  const what = `${overrideOf(id)}: ${source} is ${decorator}`;
  if (override.trigger) {
    throw new InvalidOverrideError(
      `${what}, which runs once after the start and has no trigger. Leave "trigger" out, or declare it with @Cron(…).`,
    );
  }
  const { store } = override.options;
  if (afterStart.scope === 'cluster' || store === undefined || store === 'local') return;
  throw new InvalidOverrideError(
    `${what}, which every process keeps for itself, so it has no store "${store}". Leave "store" out, or declare it ` +
      `with scope 'cluster'.`,
  );
}
