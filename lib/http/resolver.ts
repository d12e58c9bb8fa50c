/**
 * The addresses of hosts, as this machine's own resolver knows them: with its hosts file, and whatever else it is told to ask.
 *
 * However many URLs name a host, it is looked up once, and what passes by itself is tried again here and not by each of them.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS } from "../../constants.ts";
import { ConnectError } from "./connect_error.ts";

/** Milliseconds that addresses are believed. The system's resolver doesn't say for how long they hold; browsers take this, too. */
const KEPT_MS = 60_000;

/** Milliseconds before each further lookup, where one has failed for a reason that may pass. */
const RETRY_MS = [100, 500];

/** Looks a name up; rejects with a `code` as Node's does. */
export type Lookup = (hostname: string) => Promise<string[]>;

/** What a {@linkcode Resolver} is made with. */
export interface ResolverOptions {
  /** Looks a name up. Default: as the system does. */
  lookup?: Lookup;
  /** Milliseconds before each further lookup. Default: `RETRY_MS`. */
  retryMs?: readonly number[];
  /** The time, in milliseconds. Default: `performance.now`. */
  now?: () => number;
}

/** What is known of a host. */
interface Known {
  addresses: string[];
  until: number;
  /** How often it has been asked for. */
  turns: number;
}

/** Looks up hosts. */
export class Resolver {
  readonly #lookup: Lookup;
  readonly #retryMs: readonly number[];
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #underWay = new Map<string, Promise<string[]>>();

  /** Knows nothing yet. */
  constructor({ lookup = systemLookup, retryMs = RETRY_MS, now = () => performance.now() }: ResolverOptions = {}) {
    this.#lookup = lookup;
    this.#retryMs = retryMs;
    this.#now = now;
  }

  /**
   * The addresses of a host, each time another of each family first; IPv6 and IPv4 by turns (RFC 8305 §4).
   *
   * @param hostname A name, or an address without brackets, which is its own.
   * @returns One at least.
   * @throws {ConnectError} Of kind `dns` if there is none.
   */
  async resolve(hostname: string): Promise<string[]> {
    if (isAddress(hostname)) return [hostname];
    if (isLoopback(hostname)) return ["127.0.0.1", "::1"];
    let known = this.#known.get(hostname);
    if (known === undefined || known.until <= this.#now()) {
      const addresses = await this.#asked(hostname);
      known = this.#known.get(hostname) ?? { addresses, until: 0, turns: 0 };
    }
    return interleaved(known.addresses, known.turns++);
  }

  /** Forgets a host, none of whose addresses could be reached. */
  forget(hostname: string): void {
    this.#known.delete(hostname);
  }

  #asked(hostname: string): Promise<string[]> {
    let asked = this.#underWay.get(hostname);
    if (asked === undefined) {
      asked = this.#ask(hostname).finally(() => this.#underWay.delete(hostname));
      this.#underWay.set(hostname, asked);
    }
    return asked;
  }

  async #ask(hostname: string): Promise<string[]> {
    for (let tries = 0;; tries++) {
      try {
        const addresses = await this.#lookup(hostname);
        if (addresses.length === 0) throw Object.assign(new Error("no addresses"), { code: "ENODATA" });
        if (this.#known.size >= MAX_REMEMBERED_ORIGINS) this.#known.clear();
        this.#known.set(hostname, { addresses, until: this.#now() + KEPT_MS, turns: 0 });
        return addresses;
      } catch (cause) {
        const mayPass = (cause as { code?: string }).code === "EAI_AGAIN";
        if (mayPass && tries < this.#retryMs.length) {
          await new Promise((resolve) => setTimeout(resolve, this.#retryMs[tries]));
          continue;
        }
        // The words of the system's resolver, as fetch has them
        const why = mayPass ? "Temporary failure in name resolution" : "Name or service not known";
        throw new ConnectError("dns", `dns error: failed to lookup address information: ${why}`, { cause });
      }
    }
  }
}

/** Whether it is an address and no name: of IPv6 by its colons, of IPv4 as the URL standard writes it. */
function isAddress(hostname: string): boolean {
  return hostname.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Whether it names this machine, whatever resolvers say (RFC 6761 §6.3). */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost");
}

/** Families by turns, that of the first address first; within each, what comes first goes round. */
function interleaved(addresses: readonly string[], turn: number): string[] {
  const isFirst = (address: string) => address.includes(":") === addresses[0].includes(":");
  const families = [addresses.filter(isFirst), addresses.filter((address) => !isFirst(address))];
  const result: string[] = [];
  for (let i = 0; result.length < addresses.length; i++) {
    for (const family of families) if (i < family.length) result.push(family[(i + turn) % family.length]);
  }
  return result;
}

/** Loaded when the first name has to be looked up, because it takes 25 ms. Deno's own `resolveDns` knows no hosts file. */
async function systemLookup(hostname: string): Promise<string[]> {
  const { lookup } = await import("node:dns");
  return await new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found.map(({ address }) => address));
    });
  });
}
