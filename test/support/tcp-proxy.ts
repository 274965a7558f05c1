import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of the bytes of one connection. */
export interface Wiretap {
  /** What goes on to the server. */
  fromClient?(chunk: Buffer): Buffer;
  /** What goes on to the client. */
  fromServer?(chunk: Buffer): Buffer;
}

/** A line between a program and a server that a test listens in on, and cuts. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #onEnd = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param url of the server
   * @param tap made for each connection; `cut` ends it at once, whatever is under way
   */
  static async to(url: string, tap: (cut: () => void) => Wiretap = () => ({})): Promise<TcpProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => {
      const upstream = createConnection({ host: hostname, port: Number(port), noDelay: true });
      const pair = [client, upstream] as const;
      proxy.#pairs.add(pair);
      const cut = (): void => {
        if (proxy.#pairs.delete(pair)) for (const tell of proxy.#onEnd) tell();
        for (const socket of pair) socket.destroy();
      };
      const wiretap = tap(cut);
      client.on('data', (chunk) => {
        const passed = wiretap.fromClient?.(chunk) ?? chunk;
        if (!upstream.destroyed) upstream.write(passed);
      });
      upstream.on('data', (chunk) => {
        const passed = wiretap.fromServer?.(chunk) ?? chunk;
        if (!client.destroyed) client.write(passed);
      });
      for (const socket of pair) {
        socket.on('error', cut);
        socket.on('close', cut);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The url of a server, by way of this. */
  urlOf(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String((this.#server.address() as AddressInfo).port);
    return through.href;
  }

  /** Where the server sees its connections come from. */
  get upstreamPorts(): number[] {
    return [...this.#pairs].flatMap(([, upstream]) => upstream.localPort ?? []);
  }

  /** Resolves when so many more connections have ended. */
  connectionsEnd(count: number): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      const tell = (): void => {
        if (--left > 0) return;
        this.#onEnd.delete(tell);
        resolve();
      };
      this.#onEnd.add(tell);
    });
  }

  cutAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cutAll();
    await once(this.#server, 'close');
  }
}
