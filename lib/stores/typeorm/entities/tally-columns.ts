import { Column, PrimaryColumn } from 'typeorm';
import { bigintColumn } from './bigint-column.js';

/** What the rows of a tally hold; the table they are in is said by the entities that extend this. */
export abstract class TallyColumns {
  /** 1 an hour, 2 a day, 3 a quarter of a day, of UTC; 0 is the one row that says how far the history has been added up. */
  @PrimaryColumn({ name: 'span', type: 'smallint' })
  span!: number;

  /** When it begins. */
  @PrimaryColumn({ ...bigintColumn('since'), nullable: false })
  since!: number;

  /** Which of the rows of this span. */
  @PrimaryColumn({ name: 'shard', type: 'smallint' })
  shard!: number;

  /**
   * A line for each of some jobs and tasks: task, id (none: all runs of the task), and numbers in five bits to a character.
   * Of the one row JSON.
   */
  @Column({ name: 'tally', type: 'text' })
  tally!: string;
}
