import { Logger } from '@nestjs/common';
import { Scheduler } from '../../../lib/engine/scheduler.js';
import { functionTask } from '../../../lib/executors/function-task.js';
import { resolveOptions } from '../../../lib/scheduler.options.js';
import { SchedulerService } from '../../../lib/scheduler.service.js';
import { TypeOrmJobStore } from '../../../lib/typeorm.js';
import { at } from '../../../lib/triggers/at.js';
import { interval } from '../../../lib/triggers/interval.js';

/** A script that does nothing but schedule: no server, no open handle of its own. */
export interface StandaloneConfig {
  readonly database?: string;
  readonly keepAlive?: boolean;
  readonly shutdownTimeout?: number;
  readonly scenario: 'stays' | 'idle' | 'ends' | 'unref' | 'drains' | 'subscribers';
}

const config = JSON.parse(process.argv[2] as string) as StandaloneConfig;
const { database, keepAlive, shutdownTimeout, scenario } = config;

function tell(message: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

Logger.overrideLogger(false);
const store = database === undefined ? undefined : new TypeOrmJobStore({ type: 'better-sqlite3', database });
const scheduler = new Scheduler(resolveOptions({ store, keepAlive, shutdownTimeout }));
const service = new SchedulerService(scheduler);
const fromNow = (ms: number) => at(new Date(Date.now() + ms));

const scenarios: Record<StandaloneConfig['scenario'], () => Promise<void>> = {
  /** Two fires with nothing to do between them, then nothing at all. */
  async stays() {
    await service.start();
    await service.addJob({ id: 'first', task: 'tell', trigger: fromNow(300) });
    await service.addJob({ id: 'second', task: 'tell', trigger: fromNow(900) });
  },

  /** No job at all. */
  async idle() {
    await service.start();
    // Where nothing keeps the process alive, this is told on the way out.
    process.on('beforeExit', () => tell({ beforeExit: true }));
    setTimeout(() => tell({ stillHere: true }), 700).unref();
    await new Promise((resolve) => process.once('SIGUSR2', resolve));
    await service.shutdown();
  },

  async ends() {
    await service.start();
    await service.addJob({ id: 'first', task: 'tell', trigger: fromNow(50) });
    await service.addJob({ id: 'last', task: 'tell', trigger: fromNow(150) });
    await service.untilIdle();
    await service.shutdown();
    tell({ state: service.state });
  },

  async unref() {
    await service.start();
    await service.addJob({ id: 'far', task: 'tell', trigger: interval({ hours: 1 }) });
    tell({ state: service.state });
  },

  async drains() {
    let signals = 0;
    process.once('SIGTERM', () => {
      tell({ signal: ++signals });
      void service.shutdown().then(() => tell({ state: service.state }));
      setImmediate(() => tell({ state: service.state }));
    });
    await service.start();
    await service.addJob({ id: 'work', task: 'work', trigger: fromNow(0) });
  },

  async subscribers() {
    service.events$.subscribe(() => {
      throw new Error('a bad subscriber');
    });
    scheduler.events.addListener(['run.started'], () => Promise.reject(new Error('a bad listener')), 'test');
    await scenarios.ends();
  },
};

scheduler.tasks.register(functionTask('tell', () => tell({ fired: Date.now() }), {}));
scheduler.tasks.register(
  functionTask(
    'work',
    async () => {
      tell({ working: true });
      await new Promise((resolve) => process.stdin.once('data', resolve));
      process.stdin.pause();
      tell({ worked: true });
    },
    {},
  ),
);
await scenarios[scenario]();
