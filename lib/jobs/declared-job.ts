import { definitionHash } from './definition-hash.js';
import type { TriggerDefinition } from '../triggers/trigger.js';
import type { JobOptions } from './job-options.js';
import type { RetryIf } from './retry-if.js';

/** A job that a decorator declares, as discovery found it. */
export interface DeclaredJob {
  readonly id: string;
  readonly task: string;
  /** `null` for `@AfterStart`, whose instant is known only at the start, and for a disabled job without one. */
  readonly trigger: TriggerDefinition | null;
  /** Set for `@AfterStart`. */
  readonly afterStart: AfterStart | null;
  readonly options: JobOptions;
  /** Which failures are worth another attempt; not there: as its task says. */
  readonly retryIf?: RetryIf | undefined;
  /** Whether this node leaves its fires alone. */
  readonly disabled: boolean;
  /** Where it stands, for messages: `Reports.daily (ReportsModule)`. */
  readonly source: string;
}

export interface AfterStart {
  readonly delayMs: number;
  /** `node`: once in every process; `cluster`: once when the first node of a store starts. */
  readonly scope: 'node' | 'cluster';
}

/** What a node declares of one store. */
export interface DeclaredHere {
  /** The jobs that it runs, by id. */
  readonly jobs: ReadonlyMap<string, DeclaredJob>;
  /** The ids of those that it has disabled. */
  readonly disabled: ReadonlySet<string>;
  /** What it tells other nodes of both. */
  readonly digest: string;
}

export function declaredHere(declared: readonly DeclaredJob[]): DeclaredHere {
  const jobs = new Map(declared.filter(({ disabled }) => !disabled).map((job) => [job.id, job]));
  const disabled = new Set(declared.filter((job) => job.disabled).map(({ id }) => id));
  return { jobs, disabled, digest: digestOfDeclared(jobs.keys(), disabled) };
}

/** The same for the same ids, and for no others. */
export function digestOfDeclared(ids: Iterable<string>, disabled: Iterable<string> = []): string {
  // No id has a blank in it.
  return definitionHash([...new Set([...ids, ...Array.from(disabled, (id) => `${id} disabled`)])].sort());
}
