/**
 * `--upstream URL`: the delays, limits and faults of this site in front of somebody else's server, as a reverse proxy.
 *
 * What a request asks for is passed on as it is, to that one server and no other; what the answer holds is passed back as it
 * came, codings, parts and validators included. What is done to it follows from flags and `PUT /behaviour` alone, since
 * paths and queries are the upstream's.
 *
 * @module
 */

import { content, contentKey } from "../content.ts";
import type { Info } from "../door.ts";
import { Fates } from "../fates.ts";
import { breakResponse } from "../faults.ts";
import { failure, isLie, type Page, pathOf } from "../page.ts";
import type { Behaviour, Fault } from "../parameters.ts";
import { type Pieces, streamOf, withBitFlipped } from "../pieces.ts";
import { UpstreamError } from "../errors.ts";
import { type Answer, ask } from "./ask.ts";
import { requestFields, responseFields } from "./fields.ts";
import { paced } from "./paced.ts";
import { upstreamUrl } from "./upstream_url.ts";

/** What there is for a proxy to know. */
export interface UpstreamOptions {
  /** What the site does now. */
  behaviour: Behaviour;
  /** Milliseconds without a byte after which the upstream is given up. */
  timeoutMs: number;
}

/** Faults that leave nothing of an answer: the upstream isn't asked for one. */
const WITHOUT_ANSWER: readonly (Fault | undefined)[] = [
  "EMPTY_RESPONSE",
  "CONNECTION_RESET_BY_PEER",
  "MALFORMED_RESPONSE_CHUNK",
  "RANDOM_DATA_THEN_CLOSE",
];
/** Statuses without a body (RFC 9110 §6.4.1). */
const BODILESS = [204, 205, 304];

/** Passes requests on, and answers back. */
export class Upstream {
  readonly #url: URL;
  readonly #options: UpstreamOptions;
  readonly #fates = new Fates();
  /** Not to be guessed, so that what has it in Via has been here before. */
  readonly #pseudonym = `slow-website-${crypto.randomUUID().slice(0, 8)}`;

  /**
   * In front of a server.
   *
   * @param url An origin.
   * @param options What is done to requests and answers.
   */
  constructor(url: string, options: UpstreamOptions) {
    this.#url = upstreamUrl(url);
    this.#options = options;
  }

  /** Forgets how often each URL was asked for, so that a second run fails like the first. */
  reset(): void {
    this.#fates.reset();
  }

  /** Passes one request on, after the wait that was asked for, and its answer back. */
  async answer(request: Request, { remoteAddr: client }: Pick<Info, "remoteAddr">): Promise<Page> {
    if (request.headers.get("via")?.includes(this.#pseudonym)) {
      return problem(508, `${this.#url.origin} leads back to this site; give --upstream another server`);
    }
    const { behaviour } = this.#options;
    const path = pathOf(request.url);
    const fate = await this.#fates.of({ page: `${request.method} ${path}`, path, behaviour, client });
    const { fault, status } = fate;
    const breaking = {
      client,
      http2: !request.headers.has("host"),
      secure: request.url.startsWith("https:"),
      garbage: (length: number) => content(contentKey("0", behaviour.seed ?? 0), 0, length),
    };
    if (fault && WITHOUT_ANSWER.includes(fault)) {
      const nothing = { status: 200, headers: new Headers(), pieces: [], length: 0 };
      return { fault, response: await breakResponse(fault as "STALL", { ...breaking, ...nothing }) };
    }
    if (status !== undefined && status >= 400) return { response: failure(status, behaviour) };
    const answer = await this.#ask(request, path, client);
    if (answer instanceof UpstreamError) return problem(answer.status, answer.message);
    const headers = responseFields(answer.rawHeaders, request.url, this.#url);
    const said = status ?? answer.status;
    if (said < 200 || said > 599) {
      answer.leave();
      return problem(502, `${this.#url.origin} answered with status ${answer.status}, which isn't one`);
    }
    if (request.method === "HEAD" || BODILESS.includes(said)) {
      answer.leave();
      return { response: new Response(null, { status: said, headers }) };
    }
    return await passBack(answer, { ...breaking, fault, status: said, headers, fate, behaviour });
  }

  async #ask(request: Request, path: string, client: Deno.NetAddr): Promise<Answer | UpstreamError> {
    const way = { upstream: this.#url, pseudonym: this.#pseudonym, client: client.hostname };
    const headers = requestFields(request, way);
    const { method, body } = request;
    const { timeoutMs } = this.#options;
    return await ask({ upstream: this.#url, method, path, headers, body, timeoutMs }).catch((error) => {
      if (error instanceof UpstreamError) return error;
      throw error;
    });
  }
}

interface Passing {
  client: Deno.NetAddr;
  http2: boolean;
  secure: boolean;
  garbage: (length: number) => Uint8Array<ArrayBuffer>;
  fault?: Fault;
  status: number;
  headers: Headers;
  fate: Awaited<ReturnType<Fates["of"]>>;
  behaviour: Behaviour;
}

/** An answer with a body, as what was asked for makes it. */
async function passBack(answer: Answer, passing: Passing): Promise<Page> {
  const { fault, status, headers, fate, behaviour: { rate, duration } } = passing;
  const stated = headers.get("content-length") ?? "";
  const length = /^\d{1,15}$/.test(stated) ? Number(stated) : undefined;
  const isSlow = rate !== undefined || duration !== undefined || fate.pace !== undefined;
  const pieces: Pieces = isSlow ? paced(answer.pieces, { rate, duration, length, pace: fate.pace }) : answer.pieces;
  if (fault === undefined || !canBreak(fault, length)) {
    return { response: new Response(streamOf(pieces, answer.leave), { status, headers }) };
  }
  if (fault === "BIT_FLIP") {
    const bit = Math.floor(fate.lot("bit") * (length ?? 1) * 8);
    return { fault, response: new Response(streamOf(withBitFlipped(pieces, bit), answer.leave), { status, headers }) };
  }
  if (fault === "STALL") answer.leave();
  if (isLie(fault)) headers.delete("content-length");
  const response = await breakResponse(fault, { ...passing, pieces, length: length ?? 0 });
  if (response === undefined) answer.leave();
  return { fault, response };
}

/** Whether an answer can be broken so: what lies about a length, or cuts it in half, has to know it. */
function canBreak(fault: Fault, length: number | undefined): boolean {
  if (length === undefined) return ["STALL", "BIT_FLIP", "CONTENT_LENGTH_MISSING"].includes(fault);
  return length > 0 || fault !== "BIT_FLIP";
}

function problem(status: number, detail: string): Page {
  return { response: Response.json({ detail }, { status }) };
}
