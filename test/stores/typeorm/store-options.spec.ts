import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import type { TypeOrmJobStoreOptions } from '../../../lib/stores/typeorm/store-options.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { InvalidStoreOptionError } from '../../../lib/stores/typeorm/typeorm-errors.js';

const create = (options: object) => () =>
  new TypeOrmJobStore({ type: 'better-sqlite3', database: 'jobs.sqlite', ...options });

describe('the options of TypeOrmJobStore', () => {
  it('need a type and a database', () => {
    expect(create({})().kind).toBe('better-sqlite3');
    expect(create({ database: undefined })).toThrow(/database must be the path/);
    expect(create({ database: ' ' })).toThrow(/database must be the path/);
    expect(() => new TypeOrmJobStore(undefined as unknown as TypeOrmJobStoreOptions)).toThrow(InvalidStoreOptionError);
  });

  it.each(['oracle', 'sqlite', undefined])('refuse the type %s and say what is supported', (type) => {
    expect(create({ type })).toThrow(InvalidStoreOptionError);
    expect(create({ type })).toThrow(/Supported: 'better-sqlite3', 'postgres', 'mysql', 'mariadb'/);
  });

  it.each([
    'synchronize',
    'dropSchema',
    'entities',
    'subscribers',
    'migrations',
    'migrationsRun',
    'migrationsTableName',
    'entityPrefix',
    'namingStrategy',
    'timeout',
    'enableWAL',
    'readonly',
  ])('refuse %s by name, with the reason, even when it is false', (key) => {
    expect(create({ [key]: false })).toThrow(new RegExp(`option "${key}" can't be set: .{10}`));
  });

  it('need to say where a server is', () => {
    expect(() => new TypeOrmJobStore({ type: 'postgres' })).toThrow(/say where the database is/);
    expect(() => new TypeOrmJobStore({ type: 'mysql', url: 'mysql://root@h/d', poolSize: 1 })).toThrow(/poolSize/);
    expect(() => new TypeOrmJobStore({ type: 'postgres', url: 'postgres://h/d', schema: 'a b' })).toThrow(
      /schema must/,
    );
    expect(create({ schema: 'jobs' })).toThrow(/unknown option "schema"/);
  });

  it('refuse a DataSource of SQLite, and what is none', () => {
    const shared = (dataSource: unknown) => () => new TypeOrmJobStore({ dataSource: dataSource as DataSource });
    const sqlite = new DataSource({ type: 'better-sqlite3', database: ':memory:' });
    expect(shared(sqlite)).toThrow(/can't be shared/);
    expect(shared({})).toThrow(/must be a DataSource/);
    expect(shared(7)).toThrow(/must be a DataSource/);
    const postgres = new DataSource({ type: 'postgres', url: 'postgres://h/d' });
    expect(shared(postgres)().kind).toBe('postgres');
    const both: object = { dataSource: postgres, url: 'x' };
    expect(() => new TypeOrmJobStore(both as TypeOrmJobStoreOptions)).toThrow(/unknown option "url"/);
  });

  it('refuse unknown ones with the nearest name', () => {
    expect(create({ tablePrefx: 'a_' })).toThrow(/unknown option "tablePrefx". Did you mean "tablePrefix"\?/);
    expect(create({ host: 'localhost' })).toThrow(/unknown option "host". Known: /);
    expect(create({ constructor: 1 })).toThrow(/unknown option "constructor"/);
  });

  it.each(['', 'a-b', '1a', 'x; DROP TABLE', 'a'.repeat(41), 7])('refuse the table prefix %j', (tablePrefix) => {
    expect(create({ tablePrefix })).toThrow(/tablePrefix must be/);
  });

  it('refuse a migrate that is neither true nor false', () => {
    expect(create({ migrate: 'yes' })).toThrow(/migrate must be true or false/);
  });
});
