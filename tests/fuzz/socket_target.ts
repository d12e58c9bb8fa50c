/** Targets `sockets` and `fetch`: the same cases over TCP, by connections of our own, and by those of `fetch`. */

import { Client as OwnClient } from "../../lib/http/client.ts";
import { askingForNoCodings } from "../../lib/http/send.ts";
import { Attempts } from "./attempts.ts";
import { type Case, describeCase, type Exchange } from "./case.ts";
import { generateCase } from "./generate.ts";
import { expectedOf, isAttempt, judge, mustSucceed, whyNoReuse } from "./judge.ts";
import type { Expected } from "./oracle.ts";
import type { Random } from "./random.ts";
import { type Came, readBy } from "./read_by.ts";
import { smallerCases } from "./shrink.ts";
import { type Connection, sendAll, type Served, SocketServer } from "./socket_server.ts";
import type { Finding, Target } from "./target.ts";
import { wait } from "./turn.ts";
import { type Client, sendBy } from "../helpers/send_by.ts";

/** Milliseconds beyond its deadline that an attempt may take on a machine that is busy. */
const HANG_MS = 10_000;

/**
 * Milliseconds within which a connection that got what it didn't ask for must be closed. Only then has it been seen: Deno looks
 * at sockets when it has nothing else to do, and here it has. What comes and wasn't seen when the next request is sent is taken
 * for the answer to that, by any client; so only what was seen can be asked for.
 */
const NOTICED_MS = 1_000;

/** Deadlines: where nothing but success will do, where success may come, and where it must not. */
const DEADLINES = { must: 20_000, may: 300, never: 50 };

/** What a target goes over. */
interface Carrier {
  name: "sockets" | "fetch";
  about: string;
  open: () => Client;
}

const CARRIERS: Record<Carrier["name"], Carrier> = {
  sockets: { name: "sockets", about: "the same over TCP", open: () => new OwnClient({ http: 1 }) },
  fetch: {
    name: "fetch",
    about: "the same by fetch, which may refuse what it likes, but must not call done what isn't",
    open: () => Deno.createHttpClient({ http1: true, http2: false }),
  },
};

async function noticed(connection: Connection): Promise<void> {
  for (let ms = 1; !connection.isOver && ms < NOTICED_MS; ms *= 2) await wait(ms);
}

export class SocketTarget implements Target<Case> {
  readonly name: Carrier["name"];
  readonly about: string;
  readonly abreast = 32;
  readonly weight = 3;
  readonly counts: Record<string, number> = {};
  readonly #open: () => Client;
  readonly #attempts = {
    must: new Attempts(DEADLINES.must),
    may: new Attempts(DEADLINES.may),
    never: new Attempts(DEADLINES.never),
  };

  private constructor({ name, about, open }: Carrier, readonly server: SocketServer) {
    this.name = name;
    this.about = about;
    this.#open = open;
  }

  /** Starts its server. */
  static async start(name: Carrier["name"]): Promise<SocketTarget> {
    return new SocketTarget(CARRIERS[name], await SocketServer.start());
  }

  generate(random: Random): Case {
    return generateCase(random);
  }

  describe(one: Case): string {
    return describeCase(one);
  }

  smaller(one: Case): Iterable<Case> {
    return smallerCases(one);
  }

  async run({ exchanges }: Case): Promise<Finding | undefined> {
    const { served, url, end } = this.server.begin(exchanges);
    const client = this.#open();
    let finding: Finding | undefined;
    for (let n = 0; n < exchanges.length && finding === undefined; n++) {
      finding = await this.#exchange(client, served, url(n), n, exchanges[n]);
    }
    client[Symbol.dispose]();
    // What is left open here would stay so for the rest of a run
    const isOver = () => served.connections.values().every(({ isOver }) => isOver);
    const isOurs = this.name === "sockets";
    for (let ms = 1; isOurs && !isOver() && ms < HANG_MS; ms *= 2) await wait(ms);
    if (isOurs && !isOver()) finding ??= { rule: "leaves connections open", detail: "after close()" };
    end();
    return finding;
  }

  async #exchange(client: Client, served: Served, url: string, n: number, exchange: Exchange) {
    const must = expectedOf(exchange);
    // A reset may overtake what was sent before it
    if (exchange.ending === "reset") must.mayFail = true;
    const haste = mustSucceed(exchange, must) ? "must" : must.body ? "may" : "never";
    const came = await this.#settled(client, url, exchange, haste);
    const finding = this.#judge(exchange, must, came);
    if (finding) return { ...finding, detail: `request ${n}, by ${exchange.way}: ${finding.detail}` };
    // Which of its connections fetch uses again is not ours to say
    if (served.violation && this.name !== "fetch") {
      return { rule: "uses a connection again that it must not", detail: served.violation };
    }
    await this.#afterwards(served, n, exchange, whyNoReuse(exchange, must));
  }

  /** What comes of a request, at the latest when its deadline has passed. */
  async #settled(client: Client, url: string, exchange: Exchange, haste: keyof typeof DEADLINES): Promise<Came> {
    const aborter = new AbortController();
    const late = setTimeout(() => aborter.abort(new Error("the deadline has passed")), DEADLINES[haste]);
    const { promise: hang, resolve } = Promise.withResolvers<Came>();
    const tooLate = setTimeout(() => resolve({ kind: "hang" }), DEADLINES[haste] + HANG_MS);
    const came = this.#start(client, url, exchange, haste, aborter.signal)
      .catch((error): Came => ({ kind: "failure", error }));
    try {
      return await Promise.race([came, hang]);
    } finally {
      clearTimeout(late);
      clearTimeout(tooLate);
    }
  }

  /** What happens to the connection when the answer has been read. */
  async #afterwards(served: Served, n: number, { late, pause }: Exchange, why: string | undefined): Promise<void> {
    for (const connection of served.connections) {
      if (connection.last !== n) continue;
      // What is still under way can be seen by nobody
      if (why) await connection.sent;
      if (late.length > 0 && !connection.isOver) await sendAll(connection.socket, late);
      // fetch closes what got something late, and in other cases does as it likes
      if (late.length > 0 || (why && this.name === "sockets")) await noticed(connection);
      connection.forbidden = why;
    }
    for (let n = 0; n < pause; n++) await wait(0);
  }

  /** Of `fetch`, only what a download would call done is ours. */
  #judge(exchange: Exchange, must: Expected, came: Came): Finding | undefined {
    const finding = judge(exchange, must, came);
    if (this.name !== "fetch") return finding;
    if (finding === undefined) this.#count("answers as expected");
    else if (came.kind === "failure") this.#count("answers refused that are right");
    else if (came.kind === "hang" || isAttempt(exchange)) return finding;
    else this.#count(`answers by ${exchange.way} that aren't as expected`);
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  async #start(
    client: Client,
    url: string,
    exchange: Exchange,
    haste: keyof typeof DEADLINES,
    signal: AbortSignal,
  ): Promise<Came> {
    if (isAttempt(exchange)) return await this.#attempts[haste].run(url, client, { saves: exchange.way === "save" });
    const asked: HeadersInit = exchange.raw ? { "accept-encoding": "identity" } : {};
    const headers = client instanceof OwnClient ? asked : askingForNoCodings(asked);
    const init = { headers, signal, redirect: "manual" } as const;
    return await readBy(await sendBy(client)(url, init), exchange, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const attempts of Object.values(this.#attempts)) await attempts[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}
