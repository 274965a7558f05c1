import { describe } from 'vitest';
import { describeRolling } from '../e2e/support/describe-rolling.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';

describe.skipIf(!(await isThere(POSTGRES)))('on PostgreSQL', () => {
  describeRolling('one PostgreSQL', 'postgres');
});

describe.skipIf(!(await isThere(MYSQL)))('on MySQL or MariaDB', () => {
  describeRolling('one MySQL or MariaDB', 'mysql');
});
