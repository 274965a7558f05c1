import { describe } from 'vitest';
import { describeChaos } from '../e2e/support/describe-chaos.js';
import { Lives } from '../e2e/support/life.js';
import { ServerTables } from '../stores/typeorm/server-tables.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';

const plan = { nodes: 4, crowd: 230, leaseTtl: 2_000, kills: 6, stops: 3 };

describe.skipIf(!(await isThere(POSTGRES)))(
  'four applications on one PostgreSQL, which are killed and stopped beyond their lease again and again',
  () => {
    describeChaos('PostgreSQL', plan, Lives.shared(new ServerTables('postgres')));
  },
);

describe.skipIf(!(await isThere(MYSQL)))(
  'four applications on one MySQL or MariaDB, which are killed and stopped beyond their lease again and again',
  () => {
    describeChaos('MySQL or MariaDB', plan, Lives.shared(new ServerTables('mysql')));
  },
);
