import { Column, PrimaryGeneratedColumn } from 'typeorm';
import { bigintColumn } from './bigint-column.js';

/** What the rows of a run hold; the table they are in is said by the entities that extend this. */
export abstract class RunColumns {
  /** Order of recording. */
  @PrimaryGeneratedColumn('increment', { name: 'seq', type: 'integer' })
  seq!: number;

  @Column({ name: 'run_id', type: 'varchar', length: 255 })
  runId!: string;

  @Column({ name: 'job_id', type: 'varchar', length: 191 })
  jobId!: string;

  @Column({ name: 'task', type: 'varchar', length: 191 })
  task!: string;

  /** The tags that the job had when the run was made, JSON; `null`: none. */
  @Column({ name: 'tags', type: 'text', nullable: true })
  tags!: string | null;

  /** `gen` of the job when the run was made. */
  @Column(bigintColumn('gen'))
  gen!: number;

  /** The slot; of a roll-up, its first slot. */
  @Column(bigintColumn('scheduled_at'))
  scheduledAt!: number;

  /** Of a roll-up, its last slot. */
  @Column(bigintColumn('until_at', { nullable: true }))
  untilAt!: number | null;

  /** Of a roll-up, how many slots it stands for. */
  @Column({ name: 'count', type: 'integer', nullable: true })
  count!: number | null;

  @Column({ name: 'reason', type: 'varchar', length: 32, nullable: true })
  reason!: string | null;

  /** When it was or will be due. */
  @Column(bigintColumn('available_at'))
  availableAt!: number;

  /** 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled, 5 skipped, 6 missed, 7 lost. */
  @Column({ name: 'state', type: 'smallint' })
  state!: number;

  @Column({ name: 'node', type: 'varchar', length: 64, nullable: true })
  node!: string | null;

  /** By what a node finds its claim again when the database's reply was lost; not needed on SQLite. */
  @Column({ name: 'claim_id', type: 'varchar', length: 36, nullable: true })
  claimId!: string | null;

  /** The job's fence when the run was taken. */
  @Column(bigintColumn('fence'))
  fence!: number;

  @Column({ name: 'attempt', type: 'smallint', default: 1 })
  attempt!: number;

  @Column({ name: 'max_attempts', type: 'smallint', default: 1 })
  maxAttempts!: number;

  /** The failed attempts before the present one, JSON; `null`: there was none. */
  @Column({ name: 'attempts', type: 'text', nullable: true })
  attempts!: string | null;

  /** 0 schedule, 1 manual, 2 rerun, 3 backfill. */
  @Column({ name: 'origin', type: 'smallint', default: 0 })
  origin!: number;

  /** Arguments of this run alone, JSON; `null`: the job's. */
  @Column({ name: 'args', type: 'text', nullable: true })
  args!: string | null;

  @Column(bigintColumn('started_at', { nullable: true }))
  startedAt!: number | null;

  @Column(bigintColumn('finished_at', { nullable: true }))
  finishedAt!: number | null;

  /** JSON. */
  @Column({ name: 'outcome', type: 'text', nullable: true })
  outcome!: string | null;

  /** Why its node is to cancel it; `null`: it is not. */
  @Column({ name: 'cancel_reason', type: 'varchar', length: 32, nullable: true })
  cancelReason!: string | null;

  /** How far it is, in thousandths. */
  @Column({ name: 'progress', type: 'smallint', nullable: true })
  progress!: number | null;
}
