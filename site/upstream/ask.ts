/**
 * One request to the server behind a reverse proxy, over HTTP/1.1, and its answer as it comes: no coding undone, no redirect
 * followed.
 *
 * It is Node's client and not `fetch`, which unpacks bodies whether asked to or not.
 *
 * @module
 */

import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { UpstreamError } from "../errors.ts";

/** What to ask. */
export interface Question {
  /** The server. Only its scheme, host and port count. */
  upstream: URL;
  /** The method. */
  method: string;
  /** The path and the query, as they came. */
  path: string;
  /** The headers. */
  headers: Record<string, string>;
  /** The body. */
  body: ReadableStream<Uint8Array> | null;
  /** Milliseconds without a byte in either direction, after which the upstream is given up. */
  timeoutMs: number;
}

/** An answer, whose body comes as it is read. */
export interface Answer {
  /** Its status. */
  status: number;
  /** Names and values in turn, as they came. */
  rawHeaders: string[];
  /** Its body; it throws where the upstream breaks off. */
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Leaves the rest of it. */
  leave(): void;
}

/**
 * Asks.
 *
 * @throws {UpstreamError} If no answer begins.
 */
export async function ask(question: Question): Promise<Answer> {
  const { upstream, method, path, headers, body, timeoutMs } = question;
  const send = upstream.protocol === "https:" ? httpsRequest : httpRequest;
  const port = Number(upstream.port || (upstream.protocol === "https:" ? 443 : 80));
  const hostname = upstream.hostname.replace(/^\[(.*)\]$/, "$1");
  // No connection is kept: one that the upstream has just ended would look like a fault that nobody asked for.
  const request = send({ hostname, port, method, path, headers, agent: false });
  const watch = new Watch(timeoutMs, () => request.destroy(new TooLate()));
  let isAnswered = false;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on("response", resolve);
  request.on("error", reject);
  request.on("close", () => watch.stop());
  passBody(body, request, () => !isAnswered && watch.start()).catch((error) => request.destroy(error));
  try {
    const response = await promise;
    isAnswered = true;
    watch.pause();
    response.on("error", () => watch.stop()); // whoever reads the body learns of it
    return {
      status: response.statusCode ?? 0,
      rawHeaders: response.rawHeaders,
      pieces: piecesOf(response, watch, question),
      leave: () => void request.destroy(),
    };
  } catch (error) {
    watch.stop();
    throw new UpstreamError(...whyNot(error, question));
  }
}

class TooLate extends Error {}

/** Calls back when nothing has happened for too long. */
class Watch {
  #timer?: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor(readonly ms: number, readonly onSilence: () => void) {
    this.start();
  }

  /** Something happened, and something else is expected. */
  start(): void {
    this.pause();
    if (!this.#isOver) this.#timer = setTimeout(this.onSilence, this.ms);
  }

  /** The other side is the one that is waited for. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  stop(): void {
    this.#isOver = true;
    this.pause();
  }
}

/** Passes the body of a request on, as fast as the upstream takes it. */
async function passBody(body: Question["body"], request: ClientRequest, onProgress: () => void): Promise<void> {
  for await (const piece of body ?? []) {
    if (request.destroyed) return;
    onProgress();
    if (request.write(piece)) continue;
    await new Promise<void>((done) => request.once("drain", done).once("close", done));
  }
  request.end();
  onProgress();
}

/** The body of an answer, as fast as it is read. */
async function* piecesOf(
  response: IncomingMessage,
  watch: Watch,
  { upstream, method, path }: Question,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  watch.start();
  try {
    for await (const piece of response) {
      watch.pause();
      yield new Uint8Array(piece);
      watch.start();
    }
  } catch (cause) {
    throw new UpstreamError(`${upstream.origin} broke off its answer to ${method} ${path}`, 502, { cause });
  } finally {
    watch.stop();
  }
}

/** Why there is no answer, and the status that says so. */
function whyNot(error: unknown, { upstream, timeoutMs }: Question): [message: string, status: 502 | 504] {
  if (error instanceof TooLate) return [`${upstream.origin} sent nothing for ${timeoutMs} ms`, 504];
  const { code, message } = error as Error & { code?: string };
  const why: Record<string, string> = {
    ECONNREFUSED: "it refuses connections; is it running?",
    ENOTFOUND: "there is no such host",
    ECONNRESET: "it ended the connection without an answer",
    ETIMEDOUT: "it can't be reached in time",
    EHOSTUNREACH: "there is no way there",
  };
  const parsed = code?.startsWith("HPE_") ? `it didn't answer in HTTP/1.1 (${message})` : undefined;
  return [`can't ask ${upstream.origin}: ${parsed ?? why[code ?? ""] ?? message}`, code === "ETIMEDOUT" ? 504 : 502];
}
