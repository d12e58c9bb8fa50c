/**
 * A proxy for tests: makes tunnels (CONNECT, RFC 9110 §9.3.6) and answers itself what comes without one, or refuses both.
 *
 * @module
 */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What a {@linkcode ConnectProxy} does with the nth request, from 1: serve it, answer a status, or hang up. */
export type ProxyAnswer = (nth: number) => "serve" | "hang up" | number;

/** A proxy that notes the first lines of what it is asked. */
export class ConnectProxy implements AsyncDisposable {
  /** The first lines, as in `CONNECT 127.0.0.1:443 HTTP/1.1`. */
  readonly asked: string[] = [];
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, answer: ProxyAnswer) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#keep(socket);
      socket.once("data", (head) => {
        const [line] = new TextDecoder().decode(head).split("\r\n");
        const what = answer(this.asked.push(line));
        if (what === "serve") this.#serve(socket, line);
        else if (what === "hang up") socket.end();
        else {socket.end(
            `HTTP/1.1 ${what} ${
              what === 407 ? "Proxy Authentication Required" : "No"
            }\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
          );}
      });
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    this.url = `http://127.0.0.1:${address.port}`;
  }

  /** Starts listening on a free port. */
  static async start(answer: ProxyAnswer = () => "serve"): Promise<ConnectProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ConnectProxy(server, answer);
  }

  #serve(socket: Socket, line: string): void {
    const [, hostname, port] = /^CONNECT (.*):(\d+) /.exec(line) ?? [];
    if (port === undefined) {
      return void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nby proxy\n");
    }
    const onward = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward);
      onward.pipe(socket);
    });
    this.#keep(onward);
    onward.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"));
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    socket.on("error", () => {}); // the other side may hang up as it likes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}
