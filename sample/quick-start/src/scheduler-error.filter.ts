import { type ArgumentsHost, Catch, type ExceptionFilter, HttpStatus } from '@nestjs/common';
import { SchedulerError } from 'nestjs-advanced-scheduler';

/** The part of an Express response that is needed here. */
interface HttpResponse {
  status(code: number): this;
  json(body: unknown): unknown;
}

const STATUS: Readonly<Record<string, HttpStatus>> = {
  JOB_NOT_FOUND: HttpStatus.NOT_FOUND,
  JOB_PAUSED: HttpStatus.CONFLICT,
  STORE_BUSY: HttpStatus.SERVICE_UNAVAILABLE,
  STORE_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
};

/** Every error of the scheduler has a stable `code` and a message that says what to do. */
@Catch(SchedulerError)
export class SchedulerErrorFilter implements ExceptionFilter<SchedulerError> {
  catch({ code, message }: SchedulerError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    response.status(STATUS[code] ?? HttpStatus.BAD_REQUEST).json({ code, message });
  }
}
