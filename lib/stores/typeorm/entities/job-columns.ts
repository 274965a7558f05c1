import { Column, PrimaryColumn } from 'typeorm';
import { bigintColumn } from './bigint-column.js';

/** What the rows of a job hold; the table they are in is said by the entities that extend this. */
export abstract class JobColumns {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 191 })
  id!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'task', type: 'varchar', length: 191 })
  task!: string;

  /** JSON: the definition with its anchor and zone. */
  @Column({ name: 'trigger_def', type: 'text' })
  triggerDef!: string;

  /** JSON. */
  @Column({ name: 'args', type: 'text' })
  args!: string;

  /** JSON. */
  @Column({ name: 'metadata', type: 'text', nullable: true })
  metadata!: string | null;

  /** JSON. */
  @Column({ name: 'tags', type: 'text' })
  tags!: string;

  @Column({ name: 'executor', type: 'varchar', length: 64 })
  executor!: string;

  /** 0 declared, 1 added at run time. */
  @Column({ name: 'origin', type: 'smallint' })
  origin!: number;

  /** 0 paused, 1 active, 2 finished. */
  @Column({ name: 'status', type: 'smallint' })
  status!: number;

  /** The next slot. */
  @Column(bigintColumn('next_fire_at', { nullable: true }))
  nextFireAt!: number | null;

  /** The next slot plus its jitter. */
  @Column(bigintColumn('due_at', { nullable: true }))
  dueAt!: number | null;

  /** High-water mark. */
  @Column(bigintColumn('last_fire_at', { nullable: true }))
  lastFireAt!: number | null;

  @Column(bigintColumn('gen'))
  gen!: number;

  @Column(bigintColumn('fence'))
  fence!: number;

  @Column({ name: 'series', type: 'integer', default: 1 })
  series!: number;

  @Column({ name: 'max_instances', type: 'integer', default: 1 })
  maxInstances!: number;

  /** The rest of the options, JSON. */
  @Column({ name: 'policy', type: 'text' })
  policy!: string;

  @Column({ name: 'run_count', type: 'integer', default: 0 })
  runCount!: number;

  @Column({ name: 'failures', type: 'integer', default: 0 })
  failures!: number;

  /** Of a paused job (status 0): `manual` or `failures`. */
  @Column({ name: 'pause_reason', type: 'varchar', length: 32, nullable: true })
  pauseReason!: string | null;

  @Column({ name: 'definition', type: 'varchar', length: 64 })
  definition!: string;

  /** Version of the stored form of the row. */
  @Column({ name: 'def_version', type: 'smallint', default: 1 })
  defVersion!: number;

  /** 1 once the end of this finished job has been told. */
  @Column({ name: 'retired', type: 'smallint', default: 0 })
  retired!: number;

  /** The earliest slot whose run has been pruned. */
  @Column(bigintColumn('pruned_from', { nullable: true }))
  prunedFrom!: number | null;

  /** The latest. */
  @Column(bigintColumn('pruned_until', { nullable: true }))
  prunedUntil!: number | null;

  @Column(bigintColumn('created_at'))
  createdAt!: number;

  @Column(bigintColumn('updated_at'))
  updatedAt!: number;
}
