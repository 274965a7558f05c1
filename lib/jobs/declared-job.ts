import { definitionHash } from './definition-hash.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { JobOptions } from './job-options.js';
import type { RetryIf } from './retry-if.js';

/** A job that a decorator declares, as discovery found it. */
export interface DeclaredJob {
  readonly id: string;
  readonly task: string;
  /** `null` for `@AfterStart`: its instant is known only at the start. */
  readonly trigger: TriggerDefinition | null;
  /** Set for `@AfterStart`. */
  readonly afterStart: AfterStart | null;
  readonly options: JobOptions;
  /** Which failures are worth another attempt; not there: as its task says. */
  readonly retryIf?: RetryIf | undefined;
  /** Where it stands, for messages: `Reports.daily (ReportsModule)`. */
  readonly source: string;
}

export interface AfterStart {
  readonly delayMs: number;
  /** `node`: once in every process; `cluster`: once when the first node of a store starts. */
  readonly scope: 'node' | 'cluster';
}

/** The same for the same set of ids, and for no other. */
export function digestOfDeclared(ids: Iterable<string>): string {
  return definitionHash([...new Set(ids)].sort());
}
