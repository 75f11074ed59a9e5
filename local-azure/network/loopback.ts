import { once } from 'node:events';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Certificates } from './certificates.ts';

export interface LoopbackServer {
  readonly port: number;
  /** Drops every open connection, then the listener. */
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. Open connections never hold the process or {@link LoopbackServer.stop} up. */
export async function listenOnLoopback(server: Server | HttpServer): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Answers one request. A client that leaves meanwhile, and whatever else goes wrong, ends the connection and nothing more. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves over TLS, as the services do. */
export function serveTls({ certificate, key }: Certificates, handle: Handler): Promise<LoopbackServer> {
  const server = https.createServer({ cert: certificate, key }, (request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  // Idle connections of clients stay usable: a kept connection that ends at the wrong moment is a fault to ask for.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  return listenOnLoopback(server);
}
