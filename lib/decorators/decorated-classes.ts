/**
 * Prototypes that carry one of our decorators. Held weakly: a class that a test defines and drops is no leak, and one
 * process may hold any number of applications.
 */
const decorated = new Set<WeakRef<object>>();

/** Prototypes that some application has provided, or that have been reported: nothing is left to say about them. */
const settled = new WeakSet<object>();

/** Called by every decorator. */
export function rememberDecorated(prototype: object): void {
  decorated.add(new WeakRef(prototype));
}

/** Called for every class that an application provides: its prototype and those it inherits from. */
export function markProvided(prototype: object): void {
  settled.add(prototype);
}

/**
 * Names of decorated classes that no application of this process has ever provided. Each is answered once per
 * process, so that several applications don't repeat one another.
 */
export function takeUnprovidedClasses(): readonly string[] {
  const names: string[] = [];
  for (const reference of decorated) {
    const prototype = reference.deref();
    if (prototype && !settled.has(prototype)) {
      settled.add(prototype);
      names.push(prototype.constructor.name || 'an anonymous class');
    }
    // A settled class is never asked about again.
    decorated.delete(reference);
  }
  return names;
}
