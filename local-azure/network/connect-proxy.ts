import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Duplex, Transform } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.ts';
import { listenOnLoopback } from './loopback.ts';

/** What goes wrong with the connections to a host that are opened while the fault is set. */
export type ConnectionFault =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'stall' }
  /** Ends TLS itself with a certificate that clients do not trust, as a proxy does that looks into what passes. */
  | { readonly kind: 'inspect'; readonly certificates: Certificates }
  /** Cuts the connection once more than this many bytes went to the host, or came from it. */
  | { readonly kind: 'cut'; readonly afterSent?: number; readonly afterReceived?: number };

export interface ConnectProxy {
  readonly url: string;
  /** Requested hosts that are not routed, in order, as `name:port`. */
  readonly refusedHosts: string[];
  /** Connections opened so far, per host name. */
  readonly connections: ReadonlyMap<string, number>;
  route(host: string, port: number): void;
  /** Sets, or with undefined clears, the fault of a route. Open connections live on: see {@link dropConnections}. */
  setFault(host: string, fault: ConnectionFault | undefined): void;
  /** Resets the open connections of one host, or of all. Clients that keep connections alive then open new ones. */
  dropConnections(host?: string): void;
  stop(): Promise<void>;
}

interface Route {
  readonly port: number;
  fault?: ConnectionFault | undefined;
}

/** An HTTP CONNECT proxy that leads known host names to loopback ports, and refuses and records every other. */
export async function startConnectProxy(): Promise<ConnectProxy> {
  const routes = new Map<string, Route>();
  const refusedHosts: string[] = [];
  const connections = new Map<string, number>();
  const open = new Map<Socket, string>();

  const server = createServer((request, response) => {
    refusedHosts.push(request.url ?? '');
    response.writeHead(403).end('This proxy leads to the local Azure only, over CONNECT.\n');
  });
  server.on('connect', (request, client: Socket, head: Buffer) => {
    client.on('error', () => client.destroy());
    const target = (request.url ?? '').toLowerCase();
    const host = target.replace(/:443$/, '');
    const route = host === target ? undefined : routes.get(host);
    if (route === undefined) {
      refusedHosts.push(target);
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    connections.set(host, (connections.get(host) ?? 0) + 1);
    open.set(client, host);
    client.once('close', () => open.delete(client));
    openTunnel(client, head, route);
  });

  const { port, stop } = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    refusedHosts,
    connections,
    route(host, routePort) {
      routes.set(host.toLowerCase(), { port: routePort });
    },
    setFault(host, fault) {
      const route = routes.get(host.toLowerCase());
      if (route === undefined) {
        throw new Error(`No route "${host}" in the proxy: the routes are ${[...routes.keys()].join(', ')}.`);
      }
      route.fault = fault;
    },
    dropConnections(host) {
      for (const [socket, openHost] of open) if (host === undefined || host === openHost) socket.resetAndDestroy();
    },
    async stop() {
      for (const socket of open.keys()) socket.destroy();
      await stop();
    },
  };
}

function openTunnel(client: Socket, head: Buffer, route: Route): void {
  const { fault } = route;
  if (fault?.kind === 'refuse') {
    client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    return;
  }
  const established = 'HTTP/1.1 200 Connection Established\r\n\r\n';
  if (fault?.kind === 'reset') {
    client.write(established, () => client.resetAndDestroy());
    return;
  }
  if (fault?.kind === 'stall') {
    client.write(established);
    client.resume();
    return;
  }
  if (fault?.kind === 'inspect') {
    const { certificate, key } = fault.certificates;
    client.write(established);
    if (head.length > 0) client.unshift(head);
    new TLSSocket(client, { isServer: true, secureContext: createSecureContext({ cert: certificate, key }) })
      .on('error', () => client.destroy())
      .on('secure', () => client.destroy());
    return;
  }
  const upstream = connect({ port: route.port, host: '127.0.0.1', noDelay: true });
  client.setNoDelay(true);
  const cut = (): void => {
    client.resetAndDestroy();
    upstream.destroy();
  };
  upstream.on('error', () => client.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
  upstream.once('connect', () => {
    client.write(established);
    if (head.length > 0) upstream.write(head);
    flow(client, upstream, fault?.afterSent, cut);
    flow(upstream, client, fault?.afterReceived, cut);
  });
}

function flow(from: Duplex, to: Duplex, limit: number | undefined, cut: () => void): void {
  if (limit === undefined) {
    from.pipe(to);
    return;
  }
  let left = limit;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed = chunk.subarray(0, Math.max(0, left));
      left -= chunk.length;
      done(null, passed);
      if (left < 0) setImmediate(cut);
    },
  });
  from.pipe(counter).pipe(to);
}
