import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A message that is to be sent, written together with what it tells of. */
@Entity('outbox')
export class OutboxMessage {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', length: 255, unique: true })
  runId!: string;

  @Column({ type: 'text' })
  text!: string;

  @Column({ type: 'boolean', default: false })
  isSent!: boolean;
}
