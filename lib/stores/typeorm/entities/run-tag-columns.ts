import { PrimaryColumn } from 'typeorm';
import { bigintColumn } from './bigint-column.js';

/** What the rows of a tag of a run hold; the table they are in is said by the entities that extend this. */
export abstract class RunTagColumns {
  @PrimaryColumn({ name: 'tag', type: 'varchar', length: 191 })
  tag!: string;

  /** `scheduled_at` of the run. */
  @PrimaryColumn({ ...bigintColumn('scheduled_at'), nullable: false })
  scheduledAt!: number;

  /** `seq` of the run. */
  @PrimaryColumn({ ...bigintColumn('seq'), nullable: false })
  seq!: number;
}
