import type { ServerTables } from '../../stores/typeorm/server-tables.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';

/** The server ends all connections that come through the proxy, as `wait_timeout` or an administrator does. */
export async function closeConnections(tables: ServerTables, proxy: TcpProxy): Promise<void> {
  const ports = proxy.upstreamPorts;
  if (tables.type === 'postgres') {
    await tables.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY($1::int[])', [
      ports,
    ]);
    return;
  }
  const rows = await tables.query<{ id: number; host: string }[]>(
    'SELECT id, host FROM information_schema.processlist',
  );
  const own = rows.filter(({ host }) => ports.includes(Number(host.split(':').at(-1))));
  // One that has ended by itself meanwhile is no matter.
  await Promise.allSettled(own.map(({ id }) => tables.query(`KILL ${id}`)));
}
