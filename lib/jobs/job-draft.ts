import type { StoredTrigger } from '../triggers/stored-trigger.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import { identityOf } from '../triggers/trigger-identity.js';
import { canonicalJson, definitionHash } from './definition-hash.js';
import type { ResolvedJobOptions } from './job-policy.js';
import type { JobOrigin, JobRecord } from './job-record.js';
import type { JsonValue } from './json.js';

/** A job as it was asked for, checked, but not yet placed in time. */
export interface JobDraft {
  readonly id: string;
  readonly task: string;
  readonly definition: TriggerDefinition;
  /** The trigger's own zone, or the module's. */
  readonly timeZone: string;
  /** The definition in that zone, where it was read already. */
  readonly trigger?: StoredTrigger;
  readonly args: readonly JsonValue[];
  readonly origin: JobOrigin;
  readonly options: ResolvedJobOptions;
}

/** Equal as long as nothing of what was declared has changed. Jobs added at run time are not compared by it. */
export function draftHash(draft: JobDraft): string {
  if (draft.origin === 'added') return '';
  const { task, definition, timeZone, args, options } = draft;
  return definitionHash({ task, definition: identityOf(definition, timeZone), args, options });
}

/** Whether the stored job has the trigger that the draft asks for, however each is written. */
export function hasSameTrigger({ trigger }: JobRecord, draft: JobDraft): boolean {
  const stored = identityOf(trigger.definition, trigger.timeZone);
  return canonicalJson(stored) === canonicalJson(identityOf(draft.definition, draft.timeZone));
}
