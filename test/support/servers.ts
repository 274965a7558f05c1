import { createConnection } from 'node:net';

/** A database server that tests may use. */
export interface Server {
  readonly name: string;
  readonly url: string;
}

export const POSTGRES: Server = {
  name: 'PostgreSQL',
  url: process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test',
};

export const MYSQL: Server = {
  name: 'MySQL or MariaDB',
  url: process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306/test',
};

/** With these a server that is not there is a failure. */
const isRequired = process.env['CI'] === 'true' || process.env['TEST_REQUIRE_SERVICES'] === '1';

/**
 * Whether the tests of a server can run. Ask it in `describe.skipIf(!(await isThere(POSTGRES)))`: the closing summary
 * names what is skipped.
 */
export async function isThere({ name, url }: Server): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const isOpen = await new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port), timeout: 2_000 });
    const end = (isConnected: boolean) => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
  if (!isOpen && isRequired) throw new Error(`${name} does not answer at ${hostname}:${port}, and tests need it here.`);
  return isOpen;
}
