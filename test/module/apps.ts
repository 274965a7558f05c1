import type { ConsoleLogger, INestApplicationContext, LogLevel, ModuleMetadata } from '@nestjs/common';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach } from 'vitest';
import { RecordingLogger } from '../events/recording-logger.js';

const opened = new Set<INestApplicationContext>();
let before: ConsoleLogger;
let logs: RecordingLogger;

/**
 * To be called by each file: closes what its tests leave open, and keeps what is logged away from the console. Nest
 * has one logger per process, which tests share, and this module with it.
 */
export function useApps(): void {
  beforeEach(() => {
    before = (Logger as unknown as { staticInstanceRef: ConsoleLogger }).staticInstanceRef;
    logs = new RecordingLogger(['error', 'warn', 'log']);
    Logger.overrideLogger(logs);
  });

  afterEach(async () => {
    await Promise.all([...opened].map((app) => app.close()));
    opened.clear();
    Logger.overrideLogger(before);
  });
}

/** What the applications of this test have logged. */
export function logged(level: LogLevel): string[] {
  return logs.lines.filter((line) => line.level === level).map(({ message }) => message);
}

/** For the testing module, which would put its own logger in place. */
export function testLogger(): RecordingLogger {
  return logs;
}

/** An application context as a user makes it; closed at the end of the test at the latest. */
export async function startApp(root: ModuleMetadata | (new () => object)): Promise<INestApplicationContext> {
  return closeAfterTest(await NestFactory.createApplicationContext(moduleOf(root), { abortOnError: false }));
}

export function closeAfterTest<App extends INestApplicationContext>(app: App): App {
  opened.add(app);
  return app;
}

export function moduleOf(root: ModuleMetadata | (new () => object)): new () => object {
  if (typeof root === 'function') return root;
  class AppModule {}
  Module(root)(AppModule);
  return AppModule;
}

/** A promise that a test settles by hand. */
export class Gate {
  readonly opened: Promise<void>;
  open!: () => void;

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}
