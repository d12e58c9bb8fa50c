// deno-lint-ignore-file camelcase -- the names of the JSON that /stats answers
/**
 * What the slow website saw: how many requests, how many at once, over how many connections, with which statuses.
 * From it a test, ours or yours, learns what a downloader really did.
 *
 * @module
 */

/** What `GET /stats` answers. */
export interface StatsReport {
  /** Requests received, except those for the pages about the site itself (`/`, `/docs`, `/openapi.json`, `/stats`). */
  requests: number;
  /** Responses by status. */
  responses: Record<string, number>;
  /** Faults served, by kind. */
  faults: Record<string, number>;
  /** Pairs of client address and port that requests came from: connections, if no port was used twice. */
  connections: number;
  /** Requests being answered now. */
  in_flight: number;
  /** The most requests that were being answered at once. */
  peak_in_flight: number;
  /** The same for each client address. */
  peak_in_flight_by_address: Record<string, number>;
}

/** Client addresses counted separately, at most; further ones are counted together, so that a flood fits in memory. */
const MAX_ADDRESSES = 1_000;

/** What {@linkcode Stats} knows of a client address. */
export interface Visitor {
  /** Its requests being answered now. */
  inFlight: number;
  /** The most of them at once. */
  peak: number;
  /** The ports its requests came from. */
  ports: Set<number>;
}

/** The counters behind `/stats`. Counting costs about a microsecond per request: every request passes here. */
export class Stats {
  #requests = 0;
  #responses = new Map<number, number>();
  #faults = new Map<string, number>();
  #visitors = new Map<string, Visitor>();
  #inFlight = 0;
  #peak = 0;

  /** Requests being answered now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Counts a request that came in.
   *
   * @param address Where it came from.
   * @returns What {@linkcode end} needs to know.
   */
  begin(address: Deno.NetAddr): Visitor {
    this.#requests++;
    if (++this.#inFlight > this.#peak) this.#peak = this.#inFlight;
    const visitor = this.#visitors.get(address.hostname) ?? this.#welcome(address.hostname);
    visitor.ports.add(address.port);
    if (++visitor.inFlight > visitor.peak) visitor.peak = visitor.inFlight;
    return visitor;
  }

  /** Counts a request as over, with this status; with none if it got no response. */
  end(visitor: Visitor, status?: number): void {
    this.#inFlight--;
    visitor.inFlight--;
    if (status === undefined) return;
    this.#responses.set(status, (this.#responses.get(status) ?? 0) + 1);
  }

  /** Counts a fault as served. */
  fault(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  /** Forgets everything but what is in flight now. */
  reset(): void {
    this.#requests = 0;
    this.#responses.clear();
    this.#faults.clear();
    this.#peak = this.#inFlight;
    for (const [address, visitor] of this.#visitors) {
      visitor.ports.clear();
      visitor.peak = visitor.inFlight;
      if (visitor.inFlight === 0) this.#visitors.delete(address);
    }
  }

  /** The counters as `GET /stats` answers them. */
  report(): StatsReport {
    let connections = 0;
    const peaks: Record<string, number> = {};
    for (const [address, visitor] of this.#visitors) {
      connections += visitor.ports.size;
      peaks[address] = visitor.peak;
    }
    return {
      requests: this.#requests,
      responses: Object.fromEntries(this.#responses),
      faults: Object.fromEntries(this.#faults),
      connections,
      in_flight: this.#inFlight,
      peak_in_flight: this.#peak,
      peak_in_flight_by_address: peaks,
    };
  }

  #welcome(address: string): Visitor {
    if (this.#visitors.size >= MAX_ADDRESSES) return this.#visitors.get("others") ?? this.#add("others");
    return this.#add(address);
  }

  #add(address: string): Visitor {
    const visitor = { inFlight: 0, peak: 0, ports: new Set<number>() };
    this.#visitors.set(address, visitor);
    return visitor;
  }
}
