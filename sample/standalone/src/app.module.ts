import { Module } from '@nestjs/common';
import { SchedulerModule } from 'nestjs-advanced-scheduler';
import { Newsletter } from './newsletter.js';

@Module({
  // Without a store jobs are kept in memory, which is all that a script needs that runs once.
  imports: [SchedulerModule.forRoot()],
  providers: [Newsletter],
})
export class AppModule {}
