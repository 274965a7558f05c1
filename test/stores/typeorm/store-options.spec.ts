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

  it.each(['postgres', 'mysql', 'sqlite', undefined])('refuse the type %s and say what is supported', (type) => {
    expect(create({ type })).toThrow(InvalidStoreOptionError);
    expect(create({ type })).toThrow(/Supported now: 'better-sqlite3'/);
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
