import { ConsoleLogger, Logger } from '@nestjs/common';
import type { LogLevel } from '@nestjs/common';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly stack: string | undefined;
}

/** Stands in for Nest's console logger and keeps what would be printed. */
export class RecordingLogger extends ConsoleLogger {
  readonly lines: LogLine[] = [];

  constructor(logLevels: LogLevel[]) {
    super({ logLevels });
  }

  protected override printMessages(
    messages: unknown[],
    _context: string,
    level: LogLevel,
    _to?: unknown,
    stack?: unknown,
  ) {
    for (const message of messages)
      this.lines.push({ level, message: String(message), stack: stack as string | undefined });
  }

  protected override printStackTrace(): void {}
}

/** Sends what is logged during `fn` to a {@link RecordingLogger}, then puts the logger back that was there. */
export async function recordingLogs<T>(
  logLevels: LogLevel[],
  fn: (logger: RecordingLogger) => T | Promise<T>,
): Promise<T> {
  const before = (Logger as unknown as { staticInstanceRef: ConsoleLogger }).staticInstanceRef;
  const logger = new RecordingLogger(logLevels);
  Logger.overrideLogger(logger);
  try {
    return await fn(logger);
  } finally {
    Logger.overrideLogger(before);
  }
}
