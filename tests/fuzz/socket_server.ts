/** A server on a real socket that sends every byte of its cases itself: for the targets `sockets` and `fetch`. */

import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { textOf } from "./bytes.ts";
import type { Exchange } from "./case.ts";

/** The server side of a case, while it runs. */
export interface Served {
  readonly exchanges: readonly Exchange[];
  /** The connections that carried its requests. */
  readonly connections: Set<Connection>;
  /** What the client did that it must not do, if it did. */
  violation: string | undefined;
}

/** A connection to the server. */
export interface Connection {
  readonly socket: Socket;
  /** The exchange that it served last. */
  last: number;
  /** Why it must not carry another request, if it must not. */
  forbidden?: string;
  isOver: boolean;
  /** When all that it has been told to send so far is on its way. */
  sent: Promise<void>;
}

/** Sends bytes; returns when they are on their way, or never will be. */
export function sendAll(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

/** Listens, and serves cases by their numbers. */
export class SocketServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #port: number;
  readonly #cases = new Map<number, Served>();
  readonly #open = new Set<Socket>();
  #count = 0;

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    this.#port = address.port;
    server.on("connection", (socket) => this.#accept(socket));
  }

  /** Listens on any free port. */
  static async start(): Promise<SocketServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new SocketServer(server);
  }

  /** Serves a case, until `end` is called. */
  begin(exchanges: readonly Exchange[]): { served: Served; url: (n: number) => string; end: () => void } {
    const id = this.#count++;
    const served: Served = { exchanges, connections: new Set(), violation: undefined };
    this.#cases.set(id, served);
    const end = () => {
      this.#cases.delete(id);
      for (const { socket } of served.connections) socket.destroy();
    };
    return { served, url: (n) => `http://127.0.0.1:${this.#port}/${id}/${n}`, end };
  }

  #accept(socket: Socket): void {
    const connection: Connection = { socket, last: -1, isOver: false, sent: Promise.resolve() };
    this.#open.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {}); // the client may hang up as it likes
    socket.on("close", () => {
      this.#open.delete(socket);
      connection.isOver = true;
    });
    let request = "";
    socket.on("data", (bytes: Uint8Array) => {
      request += textOf(bytes);
      const [, id, n] = /^GET \/(\d+)\/(\d+) HTTP\/1\.1\r\n[^]*\r\n\r\n$/.exec(request) ?? [];
      if (id === undefined || connection.isOver) return;
      request = "";
      const served = this.#cases.get(Number(id));
      if (served) connection.sent = answer(served, connection, Number(n));
      else socket.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

async function answer(served: Served, connection: Connection, n: number): Promise<void> {
  const { socket, last, forbidden } = connection;
  if (forbidden) served.violation ??= `request ${n} went over the connection of request ${last}: ${forbidden}`;
  served.connections.add(connection);
  connection.last = n;
  const { packets, ending } = served.exchanges[n];
  for (const [at, packet] of packets.entries()) {
    if (socket.destroyed) return;
    const sent = sendAll(socket, packet);
    // Packets that are on their way at the same time arrive as one
    if (at < 30 || at === packets.length - 1) await sent;
  }
  if (ending === "open" || socket.destroyed) return;
  connection.isOver = true;
  if (ending === "close") socket.end();
  else socket.resetAndDestroy();
}
