import 'reflect-metadata';
import { Inject, Injectable, Module, type LoggerService, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SchedulerModule, SchedulerService, type SchedulerModuleOptions } from '../../../../lib/index.js';
import { TypeOrmJobStore, type SqliteStoreOptions, type TypeOrmJobStoreOptions } from '../../../../lib/typeorm.js';
import { gates } from './gates.js';
import { HeldClock } from './held-clock.js';
import { ShiftedClock } from './shifted-clock.js';
import { answerWith, tell, type Question } from './parent.js';

/** What the test says when it starts a program. */
export interface ApplicationConfig {
  readonly store: TypeOrmJobStoreOptions;
  /** The wall clock stands here. Default: the host's clock. */
  readonly now?: string;
  /** The wall clock is wrong by so much. Milliseconds. */
  readonly clockError?: number;
  /** Only events whose type begins like one of these are told. Default: all. */
  readonly events?: readonly string[];
  /** Waits for the test after everything has been loaded, so that several processes can start in one instant. */
  readonly waits?: boolean;
  readonly options?: Pick<
    SchedulerModuleOptions,
    'leaseTtl' | 'pollInterval' | 'shutdownTimeout' | 'keepAlive' | 'historyRetention' | 'abortOnLeaseExpiry'
  >;
}

export const config = JSON.parse(process.argv[2] ?? '{}') as ApplicationConfig;

const clock = config.now === undefined ? undefined : new HeldClock(config.now);
const wrongClock = config.clockError === undefined ? undefined : new ShiftedClock(config.clockError);

/** What a program may do otherwise than others. */
export interface ApplicationOptions {
  readonly scheduler?: SchedulerModuleOptions;
  /** Called with every SQL text: SQLite only. */
  readonly verbose?: (sql: string) => void;
  /** What the test may ask for beside the methods of `SchedulerService`. */
  readonly verbs?: Readonly<Record<string, () => unknown>>;
}

/** SQLite alone tells of its statements. */
function verboseStore(store: TypeOrmJobStoreOptions, verbose: (sql: string) => void): TypeOrmJobStoreOptions {
  return { ...(store as SqliteStoreOptions), verbose };
}

/** Starts a Nest application with these providers, as users write it; it tells the test of everything it does. */
export async function runApplication(providers: readonly Provider[], options: ApplicationOptions = {}): Promise<void> {
  const { store } = config;
  @Module({
    imports: [
      SchedulerModule.forRoot({
        store: new TypeOrmJobStore(options.verbose ? verboseStore(store, options.verbose) : store),
        ...(wrongClock ? { clock: wrongClock } : {}),
        // A clock that is moved by hand wakes nobody, and must not end the lease.
        ...(clock ? { clock, pollInterval: 20, leaseTtl: { days: 1000 } } : {}),
        ...config.options,
        ...options.scheduler,
      }),
    ],
    providers: [Narrator, ...providers],
  })
  class AppModule {}

  if (config.waits) await told('go');
  const app = await NestFactory.createApplicationContext(AppModule, { logger: new TellingLogger() });
  app.enableShutdownHooks();
  const scheduler = app.get(SchedulerService);
  watchState(scheduler);
  answerWith((question) => obey(question, scheduler, options.verbs));
  tell({ up: true });
}

/** Tells what happens, from the first event on. */
@Injectable()
class Narrator {
  constructor(@Inject(SchedulerService) scheduler: SchedulerService) {
    const { events } = config;
    scheduler.events$.subscribe((event) => {
      if (!events || events.some((prefix) => event.type.startsWith(prefix))) tell({ event });
    });
  }
}

/** Warnings and errors are part of what is tested. */
class TellingLogger implements LoggerService {
  log(): void {}

  warn(message: unknown): void {
    tell({ warn: String(message) });
  }

  error(message: unknown): void {
    tell({ error: String(message) });
  }
}

/** A listener for the signal itself would change what Nest and the scheduler do with it. */
function watchState(scheduler: SchedulerService): void {
  let last = scheduler.state;
  const look = (): void => {
    if (scheduler.state === last) return;
    last = scheduler.state;
    tell({ state: last });
  };
  setInterval(look, 2).unref();
}

function obey({ verb, args }: Question, scheduler: SchedulerService, verbs: ApplicationOptions['verbs']): unknown {
  switch (verb) {
    case 'open':
      return gates.open(args[0] as string);
    case 'moveClock':
      return clock?.moveTo(args[0] as string);
    case 'stop':
      // From within, it is never stopped in the middle of a transaction, whose lock would stop the others, too.
      return process.kill(process.pid, 'SIGSTOP');
    default: {
      const methods = scheduler as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
      return verbs?.[verb]?.() ?? methods[verb]?.(...args);
    }
  }
}

async function told(word: string): Promise<void> {
  tell({ loaded: true });
  await new Promise<void>((resolve) => {
    process.stdin.once('data', (data) => {
      process.stdin.pause();
      if (data.toString().trim() === word) resolve();
    });
  });
}
