import { Entity } from 'typeorm';
import { DEFAULT_TABLE_PREFIX, tableNames, type TableNames, type TableOptions } from '../table-names.js';
import { JobColumns } from './job-columns.js';
import { NodeColumns } from './node-columns.js';
import { RunColumns } from './run-columns.js';
import { RunTagColumns } from './run-tag-columns.js';
import { TallyColumns } from './tally-columns.js';

/**
 * The row of a job, to query beside your own entities. Only read it: change jobs through `SchedulerService`.
 * Instants are epoch milliseconds. On PostgreSQL an added job has none while its last run runs: `getJob` finds it.
 *
 * @example
 * const active = await dataSource.getRepository(SchedulerJobEntity).findBy({ status: 1 });
 * @publicApi
 */
export class SchedulerJobEntity extends JobColumns {}

/**
 * The row of a run, to query beside your own entities. Only read it. Instants are epoch milliseconds.
 *
 * @example
 * const failed = await dataSource.getRepository(SchedulerRunEntity).findBy({ jobId: 'daily-report', state: 3 });
 * @publicApi
 */
export class SchedulerRunEntity extends RunColumns {}

/**
 * A tag of a run, by which `getRuns({ tags })` finds it. Only read it.
 *
 * @publicApi
 */
export class SchedulerRunTagEntity extends RunTagColumns {}

/**
 * The row of a scheduler process, to query beside your own entities. Only read it. Instants are epoch milliseconds.
 *
 * @example
 * const alive = await dataSource.getRepository(SchedulerNodeEntity).findBy({ leaseUntil: MoreThan(Date.now()) });
 * @publicApi
 */
export class SchedulerNodeEntity extends NodeColumns {}

/**
 * The row of a tally, from which `stats` makes its figures. Only read it, through `stats`: its form may change.
 *
 * @publicApi
 */
export class SchedulerTallyEntity extends TallyColumns {}

/** The entities of one set of tables. @publicApi */
export interface SchedulerEntities {
  readonly job: new () => JobColumns;
  readonly run: new () => RunColumns;
  readonly runTag: new () => RunTagColumns;
  readonly node: new () => NodeColumns;
  readonly tally: new () => TallyColumns;
}

/** Made once per prefix: TypeORM keeps every decorated class for ever, and a repository is asked for by its class. */
const ENTITIES = new Map<string, SchedulerEntities>();

const DEFAULT_TABLES = tableNames();
ENTITIES.set(
  DEFAULT_TABLES.prefix,
  mapped(
    {
      job: SchedulerJobEntity,
      run: SchedulerRunEntity,
      runTag: SchedulerRunTagEntity,
      node: SchedulerNodeEntity,
      tally: SchedulerTallyEntity,
    },
    DEFAULT_TABLES,
  ),
);

/**
 * The entities of the scheduler's tables under a `tablePrefix` of your own; without one, the classes
 * {@link SchedulerJobEntity}, {@link SchedulerRunEntity}, {@link SchedulerRunTagEntity}, {@link SchedulerNodeEntity} and
 * {@link SchedulerTallyEntity}.
 *
 * @example
 * const { job, run, runTag, node, tally } = schedulerEntities({ tablePrefix: 'billing_' });
 * new DataSource({ type: 'better-sqlite3', database: 'app.sqlite', entities: [Order, job, run, runTag, node, tally] });
 * @publicApi
 */
export function schedulerEntities(options: TableOptions = {}): SchedulerEntities {
  const { tablePrefix = DEFAULT_TABLE_PREFIX, schema = null } = options;
  const key = schema === null ? tablePrefix : `${schema}.${tablePrefix}`;
  const known = ENTITIES.get(key);
  if (known) return known;
  const made = mapped(
    {
      job: class extends JobColumns {},
      run: class extends RunColumns {},
      runTag: class extends RunTagColumns {},
      node: class extends NodeColumns {},
      tally: class extends TallyColumns {},
    },
    tableNames(tablePrefix, schema),
  );
  ENTITIES.set(key, made);
  return made;
}

/**
 * Says which tables the classes stand for. The decorators are called here, not written at the classes, because names have
 * the prefix. The tables are made by the migrations alone: what TypeORM itself would make of the classes, by a user's
 * `synchronize` or `migration:generate`, is without the partial indexes and generated columns of a server, and the rows are lost.
 */
function mapped(entities: SchedulerEntities, tables: TableNames): SchedulerEntities {
  const schema = tables.schema ?? undefined;
  for (const name of ['job', 'run', 'runTag', 'node', 'tally'] as const) {
    Entity({ name: tables[name], schema, synchronize: false })(entities[name]);
  }
  return entities;
}
