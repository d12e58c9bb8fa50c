/**
 * An HTTP client over connections of our own: the one door to HTTP/1.1 and HTTP/2 without `fetch`.
 *
 * @module
 */

import { MAX_REMEMBERED_ORIGINS } from "../../constants.ts";
import type { Answer } from "../core/answer.ts";
import { ConnectionCounter } from "../core/connection_counts.ts";
import { splitCredentials } from "../core/credentials.ts";
import type { Settings } from "../core/settings.ts";
import { ConnectionSlots } from "./connection_slots.ts";
import { dial } from "./dial.ts";
import type { FetchSender } from "./fetch_sender.ts";
import { Origin } from "./origin.ts";
import { proxyWithUser } from "./proxied.ts";
import { Request } from "./request.ts";
import { Resolver } from "./resolver.ts";
import type { AnswerTaker, Send, SendInit } from "./send.ts";
import { isPlainPath, type Target, targetOf } from "./target.ts";

/** What a {@linkcode Client} takes from the settings. */
export type ClientSettings = Pick<Settings, "http" | "caCerts" | "proxy" | "connections" | "connectionCounts">;

/** Options of a {@linkcode Client}. */
export interface ClientOptions {
  /** Called, with a line each, when it is known what a server speaks. Default: none. */
  explain?: (line: string) => void;
  /** Looks up hosts. Default: as the system does. */
  resolver?: Resolver;
  /** Milliseconds that a connection is kept without a request. Default: `IDLE_MS`. */
  idleMs?: number;
}

/** What is spoken over TLS, by version (RFC 7301, RFC 9113 §3.2). */
const ALPN = { 1: "http/1.1", 2: "h2" } as const;

/** Keeps connections to any number of servers, for one isolate. */
export class Client implements Disposable {
  /** Sends a request over a connection that is kept, or a new one. */
  readonly send: Send;
  readonly #settings: ClientSettings;
  readonly #explain: (line: string) => void;
  readonly #resolver: Resolver;
  readonly #slots: ConnectionSlots;
  /** Tells other isolates how many connections there are and were, where somebody looks. */
  readonly #counter: ConnectionCounter | undefined;
  /** By their names as URLs spell them, and by the host that requests name if that is another. */
  readonly #origins = new Map<string, Origin | "fetch">();
  /** The origin of the URL that was taken apart last, and how its URLs begin: nearly always it is the next one's, too. */
  #latest: { prefix: string; origin: string } | undefined;
  /** That URL, and what it was taken apart to: before it is sent, the same one is asked about. */
  #latestUrl: string | undefined;
  #latestTarget: Target | undefined;
  #fetchSender: Promise<FetchSender> | undefined;
  #sweepAt = MAX_REMEMBERED_ORIGINS;

  /**
   * Connects to nothing yet.
   *
   * @param settings Certificate authorities, proxy, and how many connections there may be. Default: the usual ones, none, no limit.
   * @param options Where to report what each server speaks, how hosts are looked up, and how long connections are kept.
   */
  constructor(
    settings: ClientSettings = { http: "auto" },
    { explain = () => {}, resolver = new Resolver(), idleMs }: ClientOptions = {},
  ) {
    this.#settings = settings;
    this.#explain = explain;
    this.#resolver = resolver;
    this.#slots = new ConnectionSlots(settings.connections, { idleMs });
    const { connectionCounts } = settings;
    if (connectionCounts) this.#counter = new ConnectionCounter(connectionCounts, () => this.#slots.counts);
    const to = (url: string, init: SendInit, taker: AnswerTaker) => this.#send(url, init, taker);
    const send = (url: string, init: SendInit) =>
      new Promise<Answer>((onAnswer, onNoAnswer) => to(url, init, { onAnswer, onNoAnswer }));
    this.send = Object.assign(send, { isOwn: true, to });
  }

  /** Closes the connections that have no request, and the others when they have ended theirs. */
  [Symbol.dispose](): void {
    this.#slots.close();
    for (const origin of this.#origins.values()) if (origin !== "fetch") origin.close();
    this.#fetchSender?.then((sender) => sender[Symbol.dispose]());
    this.#counter?.[Symbol.dispose]();
  }

  /**
   * Waits, where all connections that there may be are in use, until a request may begin without having to wait for one; so
   * that this wait isn't part of the time that a server has for its answer.
   *
   * @param url Where the request goes. Of one that isn't valid {@linkcode send} says why.
   * @returns {@linkcode send}, at once if nothing has to be waited for.
   */
  sendFor(url: string): Send | Promise<Send> {
    if (this.#slots.free === Infinity) return this.send;
    return this.#originFor(url)?.ready()?.then(() => this.send) ?? this.send;
  }

  #originFor(url: string): Origin | undefined {
    try {
      const { origin: spelled } = this.#split(url);
      const origin = this.#origins.get(spelled) ?? this.#originOf(spelled, spelled);
      return origin === "fetch" ? undefined : origin;
    } catch {
      return undefined;
    }
  }

  #send(url: string, init: SendInit, taker: AnswerTaker): void {
    try {
      const { origin, path } = this.#split(url);
      const request = new Request(url, path, init, taker);
      const { host } = request.headers;
      const key = host === undefined ? origin : `${origin} ${host}`;
      const to = this.#origins.get(key) ?? this.#originOf(origin, key, host);
      if (to !== "fetch") return to.send(request);
      this.#byFetch(url, init).then((answer) => taker.onAnswer(answer), (error) => taker.onNoAnswer(error));
    } catch (error) {
      taker.onNoAnswer(error);
    }
  }

  /** The same as {@linkcode targetOf}, sooner for a URL of the origin that the last one was of. */
  #split(url: string): Target {
    if (this.#latestTarget !== undefined && url === this.#latestUrl) return this.#latestTarget;
    const target = this.#underLatest(url) ?? targetOf(url);
    if (target.origin !== this.#latest?.origin) this.#latest = { prefix: `${target.origin}/`, origin: target.origin };
    this.#latestUrl = url;
    return this.#latestTarget = target;
  }

  #underLatest(url: string): Target | undefined {
    const latest = this.#latest;
    if (latest === undefined || !url.startsWith(latest.prefix)) return undefined;
    const path = url.slice(latest.prefix.length - 1);
    return isPlainPath(path) ? { origin: latest.origin, path } : undefined;
  }

  /** Loaded only where it is needed. */
  async #byFetch(url: string, init: SendInit): Promise<Answer> {
    this.#fetchSender ??= import("./fetch_sender.ts").then(({ FetchSender }) => new FetchSender(this.#settings));
    return (await this.#fetchSender).send(url, { ...init, signal: init.signal ?? init.ending?.signal });
  }

  #originOf(spelled: string, key: string, host?: string): Origin | "fetch" {
    if (this.#origins.size >= this.#sweepAt) this.#sweep();
    const url = new URL(spelled);
    const name = host === undefined ? url.origin : `${url.origin} ${host}`;
    const origin = this.#origins.get(name) ?? this.#open(url, host ?? url.host);
    this.#origins.set(name, origin);
    this.#origins.set(key, origin);
    return origin;
  }

  #open(url: URL, authority: string): Origin | "fetch" {
    const { http, caCerts } = this.#settings;
    const found = proxyWithUser(url.href, this.#settings);
    const proxy = found === undefined ? undefined : new URL(found);
    const isSecure = url.protocol === "https:";
    if (proxy && (proxy.protocol.startsWith("socks") || isSecure && proxy.protocol === "https:")) return "fetch";
    const isForwarded = proxy !== undefined && !isSecure;
    const authorization = isForwarded ? splitCredentials(proxy.href).authorization : undefined;
    return new Origin(url.origin, {
      http,
      slots: this.#slots,
      dial: async (signal, versions) => {
        const alpn = versions.map((version) => ALPN[version]);
        const connection = await dial(url, { signal, alpn, resolver: this.#resolver, proxy, caCerts });
        this.#counter?.addOpened();
        return connection;
      },
      authority,
      prefix: isForwarded ? url.origin : "",
      proxyLines: authorization === undefined ? "" : `proxy-authorization: ${authorization}\r\n`,
      explain: this.#explain,
    });
  }

  /** Forgets the origins that nothing goes to; those that are left are bounded by what is in flight. */
  #sweep(): void {
    for (const [key, origin] of this.#origins) {
      if (origin === "fetch" || origin.isUnused) this.#origins.delete(key);
    }
    this.#sweepAt = Math.max(MAX_REMEMBERED_ORIGINS, 2 * this.#origins.size);
  }
}
