import type { TableNames } from '../table-names.js';

/** The tables as they stand in SQL. Without a schema the connection's `search_path` says where they are. */
export function tablesOf({
  schema,
  job,
  run,
  runTag,
  node,
  tally,
}: TableNames): Record<'job' | 'run' | 'runTag' | 'node' | 'tally', string> {
  const within = schema === null ? '' : `${quoted(schema)}.`;
  return {
    job: within + quoted(job),
    run: within + quoted(run),
    runTag: within + quoted(runTag),
    node: within + quoted(node),
    tally: within + quoted(tally),
  };
}

/** Prefixes and schemas are letters, digits and underscores: there is nothing to escape in them. */
export function quoted(name: string): string {
  return `"${name}"`;
}
