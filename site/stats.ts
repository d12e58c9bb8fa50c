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
  /** Pairs of client address and port that requests came from: connections that were used, if no port was used twice. */
  connections: number;
  /** Requests being answered now. */
  in_flight: number;
  /** The most requests that were being answered at once. */
  peak_in_flight: number;
  /** The same for each client address. */
  peak_in_flight_by_address: Record<string, number>;
  /** What each client asked for, by the `User-Agent` of the first request on each connection. */
  by_client: Record<string, ClientReport>;
}

/** What `GET /stats` says of a client. */
export interface ClientReport {
  /** Its requests. */
  requests: number;
  /** Connections that they came over. */
  connections: number;
}

/** Client addresses counted separately, at most; further ones are counted together, so that a flood fits in memory. */
const MAX_ADDRESSES = 1_000;

/** Clients counted separately, at most; further ones are counted together. */
const MAX_CLIENTS = 50;

/** Characters of a client's name that are kept. */
const NAME_LENGTH = 80;

/** What {@linkcode Stats} reads of a request, on the first one of a connection. */
export interface Named {
  /** Its headers. */
  headers: Pick<Headers, "get">;
}

/** What {@linkcode Stats} knows of a client address. */
export interface Visitor {
  /** Its requests being answered now. */
  inFlight: number;
  /** The most of them at once. */
  peak: number;
  /** The ports its requests came from, and what client each belongs to. */
  ports: Map<number, ClientReport>;
}

/** The counters behind `/stats`. Counting costs about a microsecond per request: every request passes here. */
export class Stats {
  #requests = 0;
  #responses = new Map<number, number>();
  #faults = new Map<string, number>();
  #visitors = new Map<string, Visitor>();
  #clients = new Map<string, ClientReport>();
  #inFlight = 0;
  #peak = 0;
  #intervalPeak = 0;

  /** Requests being answered now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Counts a request that came in.
   *
   * @param address Where it came from.
   * @param request The request, whose headers are read once for each connection and not for each request.
   * @returns What {@linkcode end} needs to know.
   */
  begin(address: Deno.NetAddr, request?: Named): Visitor {
    this.#requests++;
    if (++this.#inFlight > this.#intervalPeak) {
      this.#intervalPeak = this.#inFlight;
      if (this.#inFlight > this.#peak) this.#peak = this.#inFlight;
    }
    const visitor = this.#visitors.get(address.hostname) ?? this.#welcome(address.hostname);
    const client = visitor.ports.get(address.port) ?? this.#connected(visitor, address.port, request);
    client.requests++;
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
    this.#peak = this.#intervalPeak = this.#inFlight;
    this.#clients.clear();
    for (const [address, visitor] of this.#visitors) {
      visitor.ports.clear();
      visitor.peak = visitor.inFlight;
      if (visitor.inFlight === 0) this.#visitors.delete(address);
    }
  }

  /** The most requests in flight since this was last asked. */
  takeIntervalPeak(): number {
    const peak = this.#intervalPeak;
    this.#intervalPeak = this.#inFlight;
    return peak;
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
      by_client: Object.fromEntries([...this.#clients].map(([name, client]) => [name, { ...client }])),
    };
  }

  #connected(visitor: Visitor, port: number, request: Named | undefined): ClientReport {
    const name = request?.headers.get("user-agent")?.slice(0, NAME_LENGTH) || "no User-Agent";
    const isKnown = this.#clients.has(name) || this.#clients.size < MAX_CLIENTS;
    const key = isKnown ? name : "others";
    const client = this.#clients.get(key) ?? { requests: 0, connections: 0 };
    this.#clients.set(key, client);
    client.connections++;
    visitor.ports.set(port, client);
    return client;
  }

  #welcome(address: string): Visitor {
    if (this.#visitors.size >= MAX_ADDRESSES) return this.#visitors.get("others") ?? this.#add("others");
    return this.#add(address);
  }

  #add(address: string): Visitor {
    const visitor = { inFlight: 0, peak: 0, ports: new Map<number, ClientReport>() };
    this.#visitors.set(address, visitor);
    return visitor;
  }
}
