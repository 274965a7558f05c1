import { beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../../lib/stores/typeorm/script.js';
import { PreparedStatements } from '../../../lib/stores/typeorm/drivers/prepared-statements.js';

/** Answers as a server does: keeps what it is given by a name, and tells of which size the tables are. */
class FakeConnection {
  readonly known = new Map<string, string>();
  readonly plain: string[] = [];
  size: string | null = '0.0';
  fails: string | null = null;

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
    return Promise.resolve({ rows: this.size === null ? [] : [{ size: this.size, text }] });
  }
}

const errorOf = (code: string) => Object.assign(new Error(code), { code });

describe('prepared statements', () => {
  let connection: FakeConnection;
  let statements: PreparedStatements;

  beforeEach(async () => {
    connection = new FakeConnection();
    statements = new PreparedStatements();
    // The first answer is where the sizes become known.
    await statements.ask(connection, { text: 'A' });
    await statements.ask(connection, { text: 'A' });
  });

  const names = () => [...connection.known.keys()];

  it('has one name for each text and connection', async () => {
    const [first] = names();
    await statements.ask(connection, { text: 'A' });
    expect(names()).toEqual([first]);
    await statements.ask(connection, { text: 'B' });
    expect([...connection.known.values()]).toEqual(['A', 'B']);
    const other = new FakeConnection();
    await statements.ask(other, { text: 'A' });
    expect(other.known.size).toBe(1);
    expect(connection.plain).toEqual([]);
  });

  it('shares no name with those of another store on the same connection', async () => {
    await new PreparedStatements().ask(connection, { text: 'A' });
    expect(connection.known.size).toBe(2);
  });

  it('passes on what else the query has, and the rows of its answer', async () => {
    const given: unknown[] = [];
    const rows = [{ size: '1.1' }, { size: '1.1' }];
    const query = (asked: object) => Promise.resolve((given.push(asked), { rows }));
    const asked = { text: 'A', values: [7] };
    expect(await statements.ask({ query }, asked)).toBe(rows);
    expect(given).toEqual([{ ...asked, name: expect.any(String) as string }]);
  });

  it('is prepared anew, under a new name, once the tables are of another size, and forgets the old one', async () => {
    const [before] = names();
    connection.size = '1.0';
    await statements.ask(connection, { text: 'A' });
    expect(names()).toEqual([before]);
    await statements.ask(connection, { text: 'A' });
    expect(names()).toHaveLength(1);
    expect(names()).not.toEqual([before]);
    const [after] = names();
    await statements.ask(connection, { text: 'A' });
    expect(names()).toEqual([after]);
  });

  it('keeps what is known of the sizes when an answer has no row', async () => {
    const before = names();
    connection.size = null;
    await statements.ask(connection, { text: 'A' });
    connection.size = '0.0';
    await statements.ask(connection, { text: 'A' });
    expect(names()).toEqual(before);
  });

  it.each(['26000', '0A000'])('asks without a name when the server answers %s, and prepares anew', async (code) => {
    const before = names();
    connection.fails = code;
    expect(await statements.ask(connection, { text: 'A' })).toMatchObject([{ text: 'A' }]);
    expect(connection.plain).toEqual(['A']);
    connection.fails = null;
    await statements.ask(connection, { text: 'A' });
    expect(connection.plain).toEqual(['A']);
    expect(names()).toHaveLength(2);
    expect(names()).toEqual(expect.arrayContaining(before));
  });

  it('passes every other error on, and asks nothing twice', async () => {
    connection.fails = '23505';
    await expect(statements.ask(connection, { text: 'A' })).rejects.toMatchObject({ code: '23505' });
    expect(connection.plain).toEqual([]);
  });

  it('minds not that somebody has thrown away what it would', async () => {
    connection.known.clear();
    connection.size = '1.0';
    await statements.ask(connection, { text: 'A' });
    await statements.ask(connection, { text: 'A' });
    expect(connection.known.size).toBeGreaterThan(0);
  });
});
