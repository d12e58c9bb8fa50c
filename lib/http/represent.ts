/**
 * From a response to the file that it is of: without the codings that it was packed in for its way here, and with those that
 * are the file's own.
 *
 * @module
 */

import type { Answer, AnswerBody, AnswerHeaders, AnswerReader } from "../core/answer.ts";
import { BodyError } from "./body_error.ts";
import { codingsOf, isUnpackable, MAX_CODINGS } from "./content_coding.ts";
import { chunksOf } from "./response_body.ts";

/** How to take a response. */
export interface RepresentOptions {
  /** Keep every coding: the body as it is sent. */
  raw: boolean;
  /** The coding that the file's name says it has; undefined if it says none. */
  ofName: string | undefined;
  /** Ends the unpacking. */
  signal: AbortSignal;
  /** Called whenever packed bytes have come: it may take many of them until there is something unpacked. */
  onPacked: () => void;
}

/**
 * Takes a response with a Content-Encoding.
 *
 * @param response The response, with a status of success.
 * @param options What to keep.
 * @returns What is to be saved. If some of it was unpacked, its headers still have the Content-Encoding; if not, they
 * haven't, because its length and its version are those of the file, and `coding` says what they had.
 * @throws {BodyError} Of kind `unsupported-encoding`; the body is cancelled.
 */
export async function represent(response: Answer, options: RepresentOptions): Promise<Answer> {
  const codings = codingsOf(response.headers);
  const kept = options.raw ? codings.length : codings.length > 0 && codings[0] === options.ofName ? 1 : 0;
  const packing = codings.slice(kept);
  if (packing.length === 0) return asSent(response, codings);
  if (response.status === 206) return response; // a part of something packed is no part of the file
  const unknown = packing.find((coding) => !isUnpackable(coding));
  if (unknown !== undefined || packing.length > MAX_CODINGS) {
    await response.body?.cancel();
    const how = unknown === undefined ? `${packing.length} times` : `in a way that can't be undone`;
    const said = JSON.stringify(response.headers.get("content-encoding")?.slice(0, 60));
    throw new BodyError("unsupported-encoding", `the body is packed ${how} (${said}); --raw saves it as it is sent`);
  }
  const { unpack } = await import("./unpack.ts");
  const arrived = {
    bytes: 0,
    get lastDataAt() {
      return 0;
    },
    set lastDataAt(_) {
      options.onPacked();
    },
  };
  return new UnpackedAnswer(response, unpack(chunksOf(response, arrived), packing, options));
}

/** A response whose codings are the file's own. */
function asSent(response: Answer, codings: readonly string[]): Answer {
  const { status, statusText, ok, url, body } = response;
  const headers: AnswerHeaders = {
    get: (name) => isCoding(name) ? null : response.headers.get(name),
    has: (name) => !isCoding(name) && response.headers.has(name),
    getSetCookie: () => response.headers.getSetCookie(),
  };
  return {
    ...{ status, statusText, ok, url, body, headers },
    coding: codings.length === 0 ? undefined : codings.join(", "),
    bytes: () => response.bytes(),
    text: () => response.text(),
    lend: response.lend && ((use) => response.lend?.(use) ?? response.bytes().then(use)),
    noteArrivals: response.noteArrivals && ((arrivals) => response.noteArrivals?.(arrivals)),
  };
}

function isCoding(name: string): boolean {
  return name.toLowerCase() === "content-encoding";
}

/** A response whose body is unpacked as it is read. */
class UnpackedAnswer implements Answer, AnswerBody, AnswerReader {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly url: string;
  readonly headers: AnswerHeaders;
  readonly #packed: Answer;
  readonly #pieces: AsyncGenerator<Uint8Array, void>;
  #isBegun = false;
  #piece = new Uint8Array();

  constructor(packed: Answer, pieces: AsyncGenerator<Uint8Array, void>) {
    ({ status: this.status, statusText: this.statusText, ok: this.ok, url: this.url, headers: this.headers } = packed);
    this.#packed = packed;
    this.#pieces = pieces;
  }

  get body(): AnswerBody {
    return this;
  }

  getReader(): AnswerReader {
    return this;
  }

  async read(view: Uint8Array<ArrayBuffer>, { min = 1 } = {}): Promise<ReadableStreamReadResult<typeof view>> {
    this.#isBegun = true;
    let filled = 0;
    while (filled < Math.min(min, view.length)) {
      if (this.#piece.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done) break;
        this.#piece = value as Uint8Array<ArrayBuffer>;
      }
      const some = this.#piece.subarray(0, view.length - filled);
      view.set(some, filled);
      filled += some.length;
      this.#piece = this.#piece.subarray(some.length);
    }
    const value = view.subarray(0, filled);
    return filled === 0 && view.length > 0 ? { done: true, value } : { done: false, value };
  }

  async cancel(): Promise<void> {
    if (this.#isBegun) await this.#pieces.return();
    else await this.#packed.body?.cancel(); // a generator that hasn't begun doesn't clear up
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: BlobPart[] = [];
    for await (const piece of chunksOf(this, { bytes: 0, lastDataAt: 0 })) pieces.push(piece.slice());
    return await new Blob(pieces).bytes();
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }
}
