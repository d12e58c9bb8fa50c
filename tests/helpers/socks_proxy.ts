/**
 * A SOCKS5 proxy for tests (RFC 1928), with user and password if it is told to want them (RFC 1929).
 *
 * @module
 */

import { connect } from "node:net";
import { RawServer } from "./raw_server.ts";

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const [SUCCEEDED, REFUSED] = [0, 5];

/** A proxy, and where connections through it went. */
export interface SocksProxy extends AsyncDisposable {
  /** Its URL. */
  url: string;
  /** Hosts and ports, and the user where one was named. */
  asked: string[];
}

/** Starts a proxy; with `login`, a user and a password with a colon between, it wants that. */
export async function startSocksProxy({ login }: { login?: string } = {}): Promise<SocksProxy> {
  const asked: string[] = [];
  const server = await RawServer.start((socket, greeting) => {
    const step = (bytes: Uint8Array) =>
      new Promise<Uint8Array>((resolve) => {
        socket.write(bytes);
        socket.once("data", resolve);
      });
    const serve = async () => {
      const method = login === undefined ? NO_AUTHENTICATION : USER_AND_PASSWORD;
      if (greeting[0] !== VERSION || !greeting.subarray(2).includes(method)) {
        return socket.end(Uint8Array.of(VERSION, 255));
      }
      let request = await step(Uint8Array.of(VERSION, method));
      if (login !== undefined) {
        const text = (at: number) => new TextDecoder().decode(request.subarray(at + 1, at + 1 + request[at]));
        const given = `${text(1)}:${text(2 + request[1])}`;
        if (given !== login) return socket.end(Uint8Array.of(1, 1));
        request = await step(Uint8Array.of(1, 0));
      }
      const isName = request[3] === 3;
      const end = isName ? 5 + request[4] : 8;
      const hostname = isName ? new TextDecoder().decode(request.subarray(5, end)) : request.subarray(4, end).join(".");
      const port = request[end] * 256 + request[end + 1];
      asked.push(`${hostname}:${port}`);
      const answer = (code: number) => socket.write(Uint8Array.of(VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0));
      const onward = connect(port, hostname, () => {
        answer(SUCCEEDED);
        socket.pipe(onward);
        onward.pipe(socket);
      });
      onward.on("error", () => {
        answer(REFUSED);
        socket.end();
      });
      socket.on("close", () => onward.destroy());
    };
    serve();
  });
  return {
    url: server.url.replace("http:", "socks5:"),
    asked,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
