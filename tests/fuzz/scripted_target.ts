/** Target `scripted`: connections of our own, over connections in memory. */

import { DeadlineError } from "../../lib/http/deadlines.ts";
import { Client } from "../../lib/http/client.ts";
import { Attempts } from "./attempts.ts";
import { type Case, describeCase, type Exchange } from "./case.ts";
import { generateCase } from "./generate.ts";
import { expectedOf, isAttempt, judge, mustSucceed, whyNoReuse } from "./judge.ts";
import type { Expected } from "./oracle.ts";
import { type Came, readBy } from "./read_by.ts";
import type { Random } from "./random.ts";
import { ScriptedNetwork, scriptedUrl } from "./scripted_network.ts";
import { smallerCases } from "./shrink.ts";
import type { Finding, Target } from "./target.ts";
import { turn, turns, until } from "./turn.ts";

/** Milliseconds that something may take which waits for nothing from outside. */
const HANG_MS = 3_000;

/**
 * Turns of the event loop with nothing left to read, after which the deadline passes: where the answer isn't there as a whole,
 * where it is but may be refused, and where it must be taken.
 */
const [FEW_TURNS, SOME_TURNS, MANY_TURNS] = [20, 200, 2_000];

export class ScriptedTarget implements Target<Case> {
  readonly name = "scripted";
  readonly about = "Client and whole attempts over it, on connections in memory";
  readonly abreast = 1;
  readonly weight = 5;
  // Its deadlines pass when the script says so
  readonly #attempts = new Attempts(600_000);

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
    using network = new ScriptedNetwork(exchanges);
    const client = new Client({ http: 1 });
    for (const [n, exchange] of exchanges.entries()) {
      const finding = await this.#exchange(client, network, n, exchange);
      if (finding) {
        client[Symbol.dispose]();
        return finding;
      }
    }
    client[Symbol.dispose]();
    await turn();
    const open = network.connections.filter(({ isClosed }) => !isClosed);
    if (open.length > 0) return { rule: "leaves connections open", detail: `${open.length} after close()` };
  }

  async #exchange(client: Client, network: ScriptedNetwork, n: number, exchange: Exchange) {
    const must = expectedOf(exchange);
    const came = await this.#settled(client, network, n, must);
    const finding = judge(exchange, must, came);
    if (finding) return { ...finding, detail: `request ${n}, by ${exchange.way}: ${finding.detail}` };
    if (network.violation) return { rule: "uses a connection again that it must not", detail: network.violation };
    if (network.asked[n] > 2) {
      return { rule: "asks again and again", detail: `request ${n}, ${network.asked[n]} times` };
    }
    for (const connection of network.connections) {
      if (connection.last !== n) continue;
      connection.forbidden = whyNoReuse(exchange, must);
      if (exchange.late.length > 0 && !connection.isClosed) connection.sendUnasked(exchange.late);
    }
    await turns(exchange.late.length > 0 ? exchange.pause + 2 : exchange.pause);
  }

  /** What comes of a request, at the latest when its deadline has passed. */
  async #settled(client: Client, network: ScriptedNetwork, n: number, must: Expected): Promise<Came> {
    const exchange = network.exchanges[n];
    const aborter = new AbortController();
    let came: Came | undefined;
    this.#start(client, n, exchange, aborter.signal).then((value) => came = value, (error) => {
      came = { kind: "failure", error };
    });
    // What has come as a whole may still be being unpacked, which takes turns too
    const patience = mustSucceed(exchange, must) ? MANY_TURNS : must.end !== undefined ? SOME_TURNS : FEW_TURNS;
    let stalled = 0;
    await until(() => came !== undefined || (network.isStalled && ++stalled > patience), HANG_MS);
    if (came === undefined) {
      const reason = new DeadlineError("idle-timeout", 1);
      aborter.abort(reason);
      this.#attempts.session.deadlines.abortAll(reason);
      await until(() => came !== undefined, HANG_MS);
    }
    return came ?? { kind: "hang" };
  }

  async #start(client: Client, n: number, exchange: Exchange, signal: AbortSignal): Promise<Came> {
    const url = scriptedUrl(n);
    if (isAttempt(exchange)) return await this.#attempts.run(url, client, { saves: exchange.way === "save" });
    const headers: HeadersInit = exchange.raw ? { "accept-encoding": "identity" } : {};
    return await readBy(await client.send(url, { headers, signal, redirect: "manual" }), exchange, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#attempts[Symbol.asyncDispose]();
  }
}
