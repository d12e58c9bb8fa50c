/**
 * Target `endless`: servers that never end what they began. However much they send, only a little of it may be read, unless it
 * is a body that was asked for; and memory stays what it was.
 */

import { Client } from "../../lib/http/client.ts";
import { Attempts } from "./attempts.ts";
import { bytesOf, joined } from "./bytes.ts";
import { EndlessConn } from "./endless_conn.ts";
import type { Random } from "./random.ts";
import type { Finding, Target } from "./target.ts";
import { until } from "./turn.ts";

/** Bytes that may be read of what nobody wants: several times what any client takes for a head, a line or a small body. */
const MOST_BYTES = 2 ** 20;

/** Milliseconds until it must have been given up. */
const HANG_MS = 5_000;

/** A server that doesn't end. */
interface Endless {
  /** What it is, in words. */
  what: string;
  /** What it sends first. */
  start: Uint8Array;
  /** What it sends then, again and again. */
  again: Uint8Array;
  /** Bytes of a packet. */
  packet: number;
  /** Whether the body is saved to a file. */
  saves: boolean;
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

const SERVERS: [what: string, start: string, again: string][] = [
  ["a status line", "HTTP/1.1 200 ", "x"],
  ["bytes without a line's end", "", "x"],
  ["empty lines", "", "\r\n"],
  ["headers", OK, "X-A: b\r\n"],
  ["a header", `${OK}X-A: `, "x"],
  ["a folded header", `${OK}X-A: b\r\n`, " x\r\n"],
  ["interim responses", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"],
  ["the size of a chunk", `${OK}${CHUNKED}`, "0"],
  ["a chunk extension", `${OK}${CHUNKED}5;`, "x"],
  ["trailers", `${OK}${CHUNKED}0\r\n`, "X-A: b\r\n"],
  ["a trailer", `${OK}${CHUNKED}0\r\nX-A: `, "x"],
  ["the body of a 404", `HTTP/1.1 404 Not Found\r\n${CHUNKED}`, "5\r\nhello\r\n"],
  [
    "the body of a 404 that says it is small",
    `HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n${CHUNKED}`,
    "5\r\nhello\r\n",
  ],
  ["the body of a 503", "HTTP/1.1 503 Busy\r\n\r\n", "busy "],
  [
    "the body of a redirect",
    `HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 5\r\n${CHUNKED}`,
    "5\r\nhello\r\n",
  ],
  ["what follows a whole body", `${OK}Content-Length: 2\r\n\r\nok`, "x"],
];

export class EndlessTarget implements Target<Endless> {
  readonly name = "endless";
  readonly about = "servers that never end a head, a line, trailers, or a body that nobody wants";
  readonly abreast = 1;
  readonly weight = 1;
  readonly #attempts = new Attempts(600_000);

  generate(random: Random): Endless {
    const [what, start, again] = random.pick(SERVERS);
    const packet = random.pick([100, 1_460, 16_384, 65_536]);
    return { what, start: bytesOf(start), again: bytesOf(again), packet, saves: random.chance(0.5) };
  }

  describe({ what, packet, saves }: Endless): string {
    return `${what}, in packets of ${packet} bytes${saves ? ", saved to a file" : ""}`;
  }

  async run({ what, start, again, packet, saves }: Endless): Promise<Finding | undefined> {
    const repeated = joined(...Array(Math.ceil(packet / again.length)).fill(again));
    using network = EndlessConn.install(start, repeated);
    const client = new Client({ http: 1 });
    let isOver = false;
    // A redirect goes to where there is an end
    this.#attempts.run(network.url, client, { saves }).finally(() => isOver = true).catch(() => {});
    const read = () => network.connections.reduce((sum, { read }) => sum + read, 0);
    await until(() => isOver || read() > MOST_BYTES + packet, HANG_MS);
    const had = read();
    client[Symbol.dispose]();
    for (const connection of network.connections) connection.end();
    await until(() => isOver, HANG_MS);
    if (had > MOST_BYTES + packet) return { rule: `reads ${what} without end`, detail: `${had} bytes so far` };
    if (!isOver) return { rule: `hangs on ${what} without end`, detail: `${had} bytes read` };
    if (network.connections.some(({ isClosed }) => !isClosed)) return { rule: "leaves connections open", detail: what };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#attempts[Symbol.asyncDispose]();
  }
}
