import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('invoice')
export class Invoice {
  @PrimaryGeneratedColumn()
  id!: number;

  /** The fire that the invoice is of. It is the same in every attempt, so there can't be a second invoice of it. */
  @Column({ type: 'varchar', length: 255, unique: true })
  runId!: string;

  @Column({ type: 'varchar', length: 100 })
  customer!: string;

  @Column({ type: 'integer' })
  cents!: number;

  /** Which attempt has written it. */
  @Column({ type: 'integer' })
  attempt!: number;
}
