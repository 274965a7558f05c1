import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { at } from '../../lib/index.js';
import { TypeOrmJobStore } from '../../lib/typeorm.js';
import { ServerTables } from '../stores/typeorm/server-tables.js';
import { Harness } from '../support/scheduler-harness.js';
import { isThere, POSTGRES } from '../support/servers.js';
import { settle } from '../support/virtual-clock.js';

const MINUTE_S = 60;
const STEP_MS = 250;

interface PgModule {
  readonly Client: { readonly prototype: { query(...args: unknown[]): unknown } };
}

/** Counts what the clients of `pg` in this process send, and waits for what is under way. */
class Questions {
  readonly texts: string[] = [];
  readonly #underWay = new Set<Promise<unknown>>();

  constructor() {
    const { prototype } = (createRequire(import.meta.url)('pg') as PgModule).Client;
    const query = prototype.query;
    const note = (client: unknown, args: unknown[]): unknown => {
      const [first] = args as [string | { text?: string }];
      this.texts.push(typeof first === 'string' ? first : (first.text ?? ''));
      const answer = query.apply(client, args);
      if (answer instanceof Promise) {
        this.#underWay.add(answer);
        const end = (): void => void this.#underWay.delete(answer);
        answer.then(end, end);
      }
      return answer;
    };
    vi.spyOn(prototype, 'query').mockImplementation(function (this: unknown, ...args: unknown[]) {
      return note(this, args);
    });
  }

  async answered(): Promise<void> {
    await settle();
    while (this.#underWay.size > 0) {
      await Promise.allSettled(this.#underWay);
      await settle();
    }
  }
}

describe.skipIf(!(await isThere(POSTGRES)))('nodes on PostgreSQL that have nothing to do', () => {
  const tables = new ServerTables('postgres');
  let questions: Questions;
  let nodes: Harness[] = [];

  beforeEach(() => {
    questions = new Questions();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const { scheduler } of nodes) await scheduler.shutdown();
    nodes = [];
  });
  afterAll(() => tables.drop());

  it.each([1, 2])('ask their database less than once a second each: %i of them', async (count) => {
    for (let i = 0; i < count; i++) {
      const harness = new Harness({ store: new TypeOrmJobStore({ ...tables.options }) });
      harness.task('note');
      await harness.scheduler.start();
      nodes.push(harness);
    }
    await nodes[0]?.service.addJob({ id: `far-${count}`, task: 'note', trigger: at('2099-01-01T00:00:00Z') });
    // What is done once after a start is over by then, and notifications are known to come through.
    await vi.waitFor(() => expect(questions.texts.filter((text) => text.includes('pg_notify'))).not.toEqual([]));
    const pass = async (seconds: number): Promise<void> => {
      for (let passed = 0; passed < seconds * 1000; passed += STEP_MS) {
        for (const { clock } of nodes) await clock.advance(STEP_MS);
        await questions.answered();
      }
    };
    await pass(MINUTE_S);
    questions.texts.length = 0;
    await pass(MINUTE_S);
    const perNode = questions.texts.length / count;
    expect(perNode).toBeLessThanOrEqual(MINUTE_S);
    // Leases are renewed all the same, every five seconds.
    const renewals = questions.texts.filter((text) => text.includes('lease_until = clock.now'));
    expect(renewals.length).toBeGreaterThanOrEqual(count * 11);
  });
});
