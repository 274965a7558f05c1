import pg from 'pg';

const URL_GIVEN = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test';

/** Each case has a database of its own: then its transaction counter and its dead tuples are nobody else's. */
export async function openPostgres() {
  const admin = await connect(URL_GIVEN);
  const ask = async (sql, params) => (await admin.query(sql, params)).rows;
  const setting = async (name) => Object.values((await ask(`SHOW ${name}`))[0])[0];

  return {
    label: 'PostgreSQL',
    describe: async () => ({
      version: await setting('server_version'),
      settings: { fsync: await setting('fsync'), synchronous_commit: await setting('synchronous_commit') },
    }),

    async createSpace(name) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(URL_GIVEN);
      url.pathname = `/${name}`;
      return { name, url: url.href };
    },
    dropSpace: ({ name }) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
    connect: ({ url }) => connect(url),

    /** How many rows each table holds: `{ 'scheduler_run': 10000 }`. Empty ones are left out. */
    async countRows(space) {
      const client = await connect(space.url);
      try {
        const { rows: tables } = await client.query(
          `SELECT relname AS name, oid::regclass::text AS path FROM pg_class
           WHERE relkind IN ('r', 'p') AND NOT relispartition
             AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) ORDER BY 1`,
        );
        const counts = {};
        for (const { name, path } of tables) {
          const { rows } = await client.query(`SELECT count(*)::int AS n FROM ${path}`);
          if (rows[0].n > 0) counts[name] = rows[0].n;
        }
        return counts;
      } finally {
        await client.end();
      }
    },

    /** Transactions of the space so far. A statement outside a transaction is one. */
    async countQueries({ name }) {
      const [row] = await ask('SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = $1', [
        name,
      ]);
      return Number(row.n);
    },
    /** What autovacuum would do some time later would be counted as work of whoever is idle then. */
    async settle(space) {
      const client = await connect(space.url);
      await client.query('VACUUM ANALYZE');
      await client.end();
    },
    async countConnections({ name }) {
      const [row] = await ask('SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1', [name]);
      return row.n;
    },
    async countDeadTuples(space) {
      const client = await connect(space.url);
      try {
        const { rows } = await client.query('SELECT sum(n_dead_tup)::int AS n FROM pg_stat_user_tables');
        return rows[0].n ?? 0;
      } finally {
        await client.end();
      }
    },
    close: () => admin.end(),
  };
}

async function connect(connectionString) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3000 });
  // A database that is dropped takes its connections with it.
  client.on('error', () => {});
  await client.connect();
  return client;
}
