import { SchedulerError } from '../../errors/scheduler-error.js';

/** A guard, interceptor, pipe or filter on a handler is a class that Nest has no provider for. @publicApi */
export class UnresolvableEnhancerError extends SchedulerError {
  readonly code = 'UNRESOLVABLE_ENHANCER';

  constructor(kind: string, enhancer: string, handler: string, module: string) {
    super(
      `The ${kind} ${enhancer} on ${handler} (${module}) can't be built: Nest knows nothing of it, as it happens ` +
        `where a provider is made by a factory or given as a value. Provide the class itself, ` +
        `or decorate the handler with an instance: new ${enhancer}(…).`,
    );
  }
}
