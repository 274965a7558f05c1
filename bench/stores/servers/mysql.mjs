import mysql from 'mysql2/promise';

const URL_GIVEN = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/test';

/** MariaDB or MySQL. The server counts queries for all its users together, so nodes count their own. */
export async function openMysql() {
  const admin = await mysql.createConnection({ uri: URL_GIVEN, connectTimeout: 3000 });
  const ask = async (sql, params) => (await admin.query(sql, params))[0];
  const variable = async (name) => String((await ask(`SELECT @@GLOBAL.${name} AS value`))[0].value);
  const version = (await ask('SELECT version() AS version'))[0].version;

  return {
    label: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL',
    describe: async () => ({
      version,
      settings: {
        innodb_flush_log_at_trx_commit: await variable('innodb_flush_log_at_trx_commit'),
        sync_binlog: (await variable('log_bin')) === '0' ? 'no binlog' : await variable('sync_binlog'),
      },
    }),
    async createSpace(name) {
      await admin.query(`DROP DATABASE IF EXISTS ${name}`);
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(URL_GIVEN);
      url.pathname = `/${name}`;
      return { name, url: url.href };
    },
    dropSpace: ({ name }) => admin.query(`DROP DATABASE IF EXISTS ${name}`),
    async countRows({ name }) {
      const tables = await ask(
        'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY 1',
        [name],
      );
      const counts = {};
      for (const { name: table } of tables) {
        const [row] = await ask(`SELECT count(*) AS n FROM \`${name}\`.\`${table}\``);
        if (row.n > 0) counts[table] = row.n;
      }
      return counts;
    },
    connect: ({ url }) => mysql.createConnection(url),
    async countConnections({ name }) {
      const [row] = await ask('SELECT count(*) AS n FROM information_schema.processlist WHERE db = ?', [name]);
      return row.n;
    },
    close: () => admin.end(),
  };
}
