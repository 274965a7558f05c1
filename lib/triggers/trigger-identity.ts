import { kindOf, zoneOfDefinition } from './bind-trigger.js';
import { canonicalInstant, hasOffset } from './instant.js';
import type { TriggerDefinition } from './trigger.js';
import { compact, type DefinitionData } from './trigger-kind.js';

const BOUNDS = ['startAt', 'endAt'] as const;
/** Options that say what would be so without them. */
const DEFAULTS: Readonly<Record<string, unknown>> = { gap: 'shift', fold: 'first', threshold: 1_000 };

/**
 * A trigger as all that mean the same are written, to be compared as JSON. Spellings are looked through: blanks and case
 * of cron text, nicknames, forms of an instant, a zone or an option that is written out though it is the default.
 * Patterns that come to the same, such as `0-59` for `*`, count as others.
 *
 * @param definition a valid one
 * @param timeZone its own zone, or the one it is bound in
 */
export function identityOf(definition: TriggerDefinition, timeZone: string): TriggerDefinition {
  return canonical(definition as DefinitionData, timeZone);
}

/** @param outer the zone it has if it names none */
function canonical(definition: DefinitionData, outer: string): DefinitionData {
  const zone = zoneOfDefinition(definition) ?? outer;
  const written = kindOf(definition).canonical?.(definition, (inner) => canonical(inner as DefinitionData, zone));
  const bounds = boundsOf(definition).map(([bound, text]) => [bound, canonicalInstant(text, 'Trigger')]);
  // A zone that moves no fire is no part of it; one that does is, wherever it is written.
  const timeZone = dependsOnZone(definition) ? zone : undefined;
  return compact({ ...withoutDefaults(written ?? definition), ...Object.fromEntries(bounds), timeZone });
}

/** What is inside it apart: that has its zone written beside it. */
function dependsOnZone(definition: DefinitionData): boolean {
  const hasWallTime = boundsOf(definition).some(([, text]) => !hasOffset(text, 'Trigger'));
  return hasWallTime || kindOf(definition).dependsOnZone(definition);
}

function withoutDefaults(definition: DefinitionData): DefinitionData {
  const said = Object.entries(definition).filter(([option, value]) => DEFAULTS[option] !== value);
  return Object.fromEntries(said) as DefinitionData;
}

/** `startAt` and `endAt`, as far as they are given. */
function boundsOf(definition: DefinitionData): [name: string, text: string][] {
  return BOUNDS.flatMap((name) => {
    const text = definition[name];
    return typeof text === 'string' ? [[name, text] as [string, string]] : [];
  });
}
