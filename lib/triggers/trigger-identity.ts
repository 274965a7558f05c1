import { kindOf, zoneOfDefinition } from './bind-trigger.js';
import { canonicalInstant, hasOffset } from './instant.js';
import type { TriggerDefinition } from './trigger.js';
import { compact, type DefinitionData } from './trigger-kind.js';

/** What tells a trigger from others: equal, as JSON, for two that mean the same, however each is written. */
export interface TriggerIdentity {
  readonly definition: TriggerDefinition;
  readonly timeZone: string;
}

/** Stands for every zone where it moves no fire: the module's default, so that most are written as they are. */
const ANY_ZONE = 'UTC';
const BOUNDS = ['startAt', 'endAt'] as const;

/**
 * @param definition a valid one
 * @param timeZone its own zone, or the one it is bound in
 */
export function identityOf(definition: TriggerDefinition, timeZone: string): TriggerIdentity {
  return {
    definition: canonical(definition as DefinitionData),
    timeZone: dependsOnZone(definition as DefinitionData) ? timeZone : ANY_ZONE,
  };
}

function dependsOnZone(definition: DefinitionData): boolean {
  return boundsOf(definition).some(([, text]) => !hasOffset(text, 'Trigger')) || dependsOnZoneInside(definition);
}

function dependsOnZoneInside(definition: DefinitionData): boolean {
  return kindOf(definition).dependsOnZone(definition, (inner) => {
    return zoneOfDefinition(inner as DefinitionData) === null && dependsOnZone(inner as DefinitionData);
  });
}

function canonical(definition: DefinitionData): DefinitionData {
  const written = kindOf(definition).canonical?.(definition, (inner) => canonical(inner as DefinitionData));
  const bounds = boundsOf(definition).map(([bound, text]) => [bound, canonicalInstant(text, 'Trigger')]);
  const timeZone = dependsOnZone(definition) ? definition.timeZone : undefined;
  return compact({ ...(written ?? definition), ...Object.fromEntries(bounds), timeZone });
}

/** `startAt` and `endAt`, as far as they are given. */
function boundsOf(definition: DefinitionData): [name: string, text: string][] {
  return BOUNDS.flatMap((name) => {
    const text = definition[name];
    return typeof text === 'string' ? [[name, text] as [string, string]] : [];
  });
}
