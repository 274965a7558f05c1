import { Column, PrimaryColumn } from 'typeorm';
import { bigintColumn } from './bigint-column.js';

/** What the rows of a node hold; the table they are in is said by the entities that extend this. */
export abstract class NodeColumns {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 64 })
  id!: string;

  @Column({ name: 'host', type: 'varchar', length: 255 })
  host!: string;

  @Column({ name: 'pid', type: 'integer' })
  pid!: number;

  /** The operating-system instance that `pid` belongs to. */
  @Column({ name: 'machine', type: 'varchar', length: 255 })
  machine!: string;

  /** The life of `pid`. */
  @Column({ name: 'incarnation', type: 'varchar', length: 255 })
  incarnation!: string;

  @Column({ name: 'version', type: 'varchar', length: 64 })
  version!: string;

  /** JSON. */
  @Column({ name: 'executors', type: 'text' })
  executors!: string;

  /** JSON. */
  @Column({ name: 'tasks', type: 'text' })
  tasks!: string;

  /** A digest of which jobs it declares, so that nodes can be compared. */
  @Column({ name: 'declares', type: 'varchar', length: 64 })
  declares!: string;

  @Column(bigintColumn('started_at'))
  startedAt!: number;

  @Column(bigintColumn('heartbeat_at'))
  heartbeatAt!: number;

  @Column(bigintColumn('lease_until'))
  leaseUntil!: number;
}
