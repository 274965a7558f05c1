export {
  SchedulerJobEntity,
  SchedulerNodeEntity,
  SchedulerRunTagEntity,
  SchedulerTallyEntity,
  SchedulerRunEntity,
  schedulerEntities,
  type SchedulerEntities,
} from './stores/typeorm/entities/scheduler-entities.js';
export { schedulerMigrations } from './stores/typeorm/migrations/scheduler-migrations.js';
export type {
  MysqlStoreOptions,
  PostgresStoreOptions,
  SharedDataSourceOptions,
  SqliteStoreOptions,
  TypeOrmJobStoreOptions,
} from './stores/typeorm/store-options.js';
export type { TableOptions } from './stores/typeorm/table-names.js';
export { TypeOrmJobStore } from './stores/typeorm/typeorm-job-store.js';
export {
  InvalidStoreOptionError,
  StoreDriverMissingError,
  StoreSchemaMissingError,
  UnreadableRunError,
} from './stores/typeorm/typeorm-errors.js';
