import { beforeEach, describe, expect, it } from 'vitest';
import { IS_OF_PLANNED_SIZE, plannedFor } from '../../../lib/stores/typeorm/dialects/postgres-sizes.js';
import type { Row } from '../../../lib/stores/typeorm/script.js';
import { PreparedStatements } from '../../../lib/stores/typeorm/drivers/prepared-statements.js';

/** Answers as a server does: keeps what it is given by a name, and does it only for tables of the size it is planned for. */
class FakeConnection {
  readonly known = new Map<string, string>();
  readonly plain: string[] = [];
  readonly done: string[] = [];
  size = '0.0';
  fails: string | null = null;
  /** Called after each answer. */
  grows = (): void => {};

  #isBusy = false;

  async query(query: { readonly name?: string; readonly text: string }): Promise<{ rows: Row[] }> {
    // The driver is about to give up queueing.
    if (this.#isBusy) throw new Error('The connection is still at the query before.');
    this.#isBusy = true;
    await Promise.resolve();
    this.#isBusy = false;
    return await this.#answer(query);
  }

  #answer({ name, text }: { readonly name?: string; readonly text: string }): Promise<{ rows: Row[] }> {
    const forgotten = /^DEALLOCATE (\w+)$/.exec(text)?.[1];
    if (forgotten !== undefined) {
      return this.known.delete(forgotten) ? Promise.resolve({ rows: [] }) : Promise.reject(errorOf('26000'));
    }
    if (name === undefined) this.plain.push(text);
    else if (this.fails !== null) return Promise.reject(errorOf(this.fails));
    else this.known.set(name, text);
    const { size } = this;
    const planned = /'(.*)'::text/.exec(text)?.[1] ?? size;
    if (planned === size) this.done.push(text);
    this.grows();
    return Promise.resolve({ rows: [{ size, did: planned === size ? text : null }] });
  }
}

const errorOf = (code: string) => Object.assign(new Error(code), { code });

const statement = (what: string) => `${what} WHERE ${IS_OF_PLANNED_SIZE}`;
const A = statement('A');
const B = statement('B');

describe('prepared statements', () => {
  let connection: FakeConnection;
  let statements: PreparedStatements;

  beforeEach(async () => {
    connection = new FakeConnection();
    statements = new PreparedStatements();
    // The first answer is where the size becomes known.
    await statements.ask(connection, { text: A });
    connection.plain.length = 0;
    await statements.ask(connection, { text: A });
    connection.done.length = 0;
  });

  const names = () => [...connection.known.keys()];

  it('begins with one that is not, which tells of which size the tables are', async () => {
    const fresh = new FakeConnection();
    expect(await new PreparedStatements().ask(fresh, { text: A })).toEqual([{ size: '0.0', did: A }]);
    expect([fresh.plain, fresh.known.size]).toEqual([[A], 0]);
  });

  it('has one name for each text and connection', async () => {
    const [first] = names();
    await statements.ask(connection, { text: A });
    expect(names()).toEqual([first]);
    await statements.ask(connection, { text: B });
    expect([...connection.known.values()]).toEqual([plannedFor('0.0', A), plannedFor('0.0', B)]);
    const other = new FakeConnection();
    await statements.ask(other, { text: A });
    expect(other.known.size).toBe(1);
    expect(connection.plain).toEqual([]);
  });

  it('shares no name with those of another store on the same connection', async () => {
    const others = new PreparedStatements();
    for (let times = 0; times < 2; times++) await others.ask(connection, { text: A });
    expect(connection.known.size).toBe(2);
  });

  it('passes on what else the query has, and the rows of its answer', async () => {
    const given: unknown[] = [];
    const rows = [{ size: '0.0' }, { size: '0.0' }];
    const query = (asked: object) => Promise.resolve((given.push(asked), { rows }));
    const asked = { text: A, values: [7] };
    expect(await statements.ask({ query }, asked)).toBe(rows);
    expect(given).toEqual([{ ...asked, text: plannedFor('0.0', A), name: expect.any(String) as string }]);
  });

  it('does nothing with the plan of another size: prepares anew, forgets the old one, and asks again', async () => {
    const before = names();
    connection.size = '1.0';
    expect(await statements.ask(connection, { text: A })).toMatchObject([{ did: plannedFor('1.0', A) }]);
    expect(connection.done).toEqual([plannedFor('1.0', A)]);
    expect([...connection.known.values()]).toEqual([plannedFor('1.0', A)]);
    expect(names()).not.toEqual(before);
    await statements.ask(connection, { text: A });
    expect(connection.known.size).toBe(1);
    expect(connection.plain).toEqual([]);
  });

  it('knows the size on every connection as soon as one has told', async () => {
    const other = new FakeConnection();
    other.size = connection.size = '1.0';
    await statements.ask(other, { text: A });
    await statements.ask(connection, { text: A });
    expect(connection.done).toEqual([plannedFor('1.0', A)]);
    expect(connection.known.size).toBe(1);
  });

  it('asks without a name, once, when the size does not stand still', async () => {
    let order = 0;
    connection.grows = () => (connection.size = `${++order}.0`);
    connection.grows();
    expect(await statements.ask(connection, { text: A })).toMatchObject([{ did: A }]);
    expect(connection.done).toEqual([A]);
  });

  it.each(['26000', '0A000'])('asks without a name when the server answers %s, and prepares anew', async (code) => {
    const before = names();
    connection.fails = code;
    expect(await statements.ask(connection, { text: A })).toMatchObject([{ did: A }]);
    expect(connection.done).toEqual([A]);
    connection.fails = null;
    await statements.ask(connection, { text: A });
    expect(connection.plain).toEqual([A]);
    expect(names()).toHaveLength(1);
    expect(names()).not.toEqual(before);
  });

  it('passes every other error on, and asks nothing twice', async () => {
    connection.fails = '23505';
    await expect(statements.ask(connection, { text: A })).rejects.toMatchObject({ code: '23505' });
    expect([connection.plain, connection.done]).toEqual([[], []]);
  });

  it('minds not that somebody has thrown away what it would', async () => {
    connection.known.clear();
    connection.size = '1.0';
    await statements.ask(connection, { text: A });
    expect(connection.done).toEqual([plannedFor('1.0', A)]);
  });
});
