/**
 * A server of bare bytes, for all that an HTTP library would never send: on a free port, one callback per connection.
 *
 * @module
 */

import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** Answers a connection once its first bytes have come. */
export type AnswerBytes = (socket: Socket, received: Uint8Array) => void;

/** Listens until disposed of; then cuts what is open. */
export class RawServer implements AsyncDisposable {
  /** Connections accepted so far. */
  connections = 0;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, answer: AnswerBytes) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.connections++;
      this.#open.add(socket);
      socket.on("close", () => this.#open.delete(socket));
      socket.on("error", () => {}); // the other side may hang up as it likes
      socket.once("data", (received) => answer(socket, received));
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    this.url = `http://127.0.0.1:${address.port}`;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#open.size;
  }

  /** Starts listening, on any free port if none is named. */
  static async start(answer: AnswerBytes, port = 0): Promise<RawServer> {
    const server = createServer();
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new RawServer(server, answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}
