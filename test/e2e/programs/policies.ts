import { Injectable } from '@nestjs/common';
import { Cron, Interval, Task } from '../../../lib/index.js';
import { runApplication } from './support/application.js';

/** The same fires under every policy. */
@Injectable()
class Work {
  @Cron('* * * * *', { id: 'default' })
  @Cron('* * * * *', { id: 'earliest', coalesce: 'earliest' })
  @Cron('* * * * *', { id: 'all', coalesce: 'all' })
  @Cron('* * * * *', { id: 'newest-two', coalesce: 'all', catchUpLimit: 2 })
  @Cron('* * * * *', { id: 'two-minutes', misfireGraceTime: { minutes: 2 } })
  @Cron('* * * * *', { id: 'all-in-two-minutes', coalesce: 'all', misfireGraceTime: { minutes: 2 } })
  @Cron('* * * * *', { id: 'strict', misfireGraceTime: { seconds: 10 } })
  @Interval({ minutes: 1 }, { id: 'interval' })
  work(): void {}
}

@Injectable()
class Reminders {
  @Task('remind')
  remind(): void {}
}

await runApplication([Work, Reminders]);
