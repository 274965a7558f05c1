import { BadRequestException, Body, Controller, Post, UseFilters } from '@nestjs/common';
import type { Job } from 'nestjs-advanced-scheduler';
import { Reminders } from './reminders.js';
import { SchedulerErrorFilter } from './scheduler-error.filter.js';

interface ReminderRequest {
  readonly to: string;
  readonly text: string;
  readonly inSeconds: number;
}

@Controller('reminders')
@UseFilters(SchedulerErrorFilter)
export class RemindersController {
  readonly #reminders: Reminders;

  constructor(reminders: Reminders) {
    this.#reminders = reminders;
  }

  @Post()
  add(@Body() body: unknown): Promise<Job> {
    if (!isReminderRequest(body)) {
      throw new BadRequestException('Send JSON such as { "to": "ada", "text": "Stand-up!", "inSeconds": 5 }.');
    }
    return this.#reminders.remind(body.to, body.text, new Date(Date.now() + body.inSeconds * 1000));
  }
}

function isReminderRequest(body: unknown): body is ReminderRequest {
  if (typeof body !== 'object' || body === null) return false;
  const { to, text, inSeconds } = body as Record<string, unknown>;
  return typeof to === 'string' && typeof text === 'string' && typeof inSeconds === 'number';
}
