/**
 * Asks an S3-compatible endpoint: signs requests, sends them again while that may help, and says plainly what is wrong.
 *
 * Requests go over `fetch`: their bodies are in memory, so their lengths and digests are known, and the endpoint can't take a
 * part of one for the whole. Redirects aren't followed: a signature is for one host.
 *
 * @module
 */

import { AwsV4Signer } from "aws4fetch";
import type { BucketAddress } from "../core/bucket_address.ts";
import { CannotWriteError } from "../core/errors.ts";
import { isEndpoint } from "../core/file_settings.ts";
import type { Settings } from "../core/settings.ts";
import { clientOptions } from "../http/client_options.ts";
import type { AwsSettings } from "./aws_settings.ts";
import { pause, RequestEnd } from "./request_end.ts";
import { type BucketAnswer, BucketError, isSuccess, readRefusal, withoutSecrets } from "./bucket_error.ts";

/** What a {@linkcode BucketClient} takes from the settings. */
export type BucketSettings = Pick<
  Settings,
  "connectTimeoutMs" | "retries" | "retryMaxTimeMs" | "proxy" | "caCerts" | "s3Endpoint"
>;

/** What else it needs. */
export interface BucketClientOptions {
  /** Milliseconds to wait after the attempt of this number has failed. */
  backoff: (attempt: number) => number;
}

/** A request about a bucket, or about an object in it. */
export interface BucketRequest {
  /** The method. */
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** The object's key. Default: it is about the bucket. */
  key?: string;
  /** The query. Default: none. */
  query?: Record<string, string>;
  /** Headers, in lower case. Default: none. */
  headers?: Record<string, string>;
  /** The body, and its SHA-256 in hexadecimal. Default: there is none. */
  body?: { bytes: Uint8Array<ArrayBuffer>; sha256: string };
  /** Says why an answer of success isn't one; undefined if it is. Default: it is. */
  check?: (answer: BucketAnswer) => string | undefined;
}

/** How a request is sent. */
export interface SendOptions {
  /** Ends it. Default: only deadlines do. */
  signal?: AbortSignal;
  /** Whether it is sent again while that may help. Default: true. */
  retries?: boolean;
  /** Milliseconds that each attempt may take. Default: what the settings allow, and more for a large body. */
  deadlineMs?: number;
}

/** The SHA-256 of nothing. */
const OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Bytes per second that an upload must make at least, besides the time that any request may take. */
const LEAST_BYTES_PER_SECOND = 2 ** 16;

/** Connections without a request that are kept: as many as uploads may be on their way. */
const IDLE = 64;

/** Bytes of an answer that are read at most: a list of a thousand keys takes up to some 4 MB. */
const MOST_ANSWER = 2 ** 24;

/** Asks about one bucket. */
export class BucketClient implements Disposable {
  /** How messages name the bucket, with its prefix and its endpoint. */
  readonly shown: string;
  readonly #settings: BucketSettings;
  readonly #options: BucketClientOptions;
  readonly #aws: AwsSettings;
  readonly #base: string;
  readonly #secrets: readonly string[];
  readonly #client: Deno.HttpClient;
  /** Signing keys, which are good for a day. */
  readonly #cache = new Map<string, ArrayBuffer>();

  /**
   * Asks nothing yet.
   *
   * @param address The bucket.
   * @param settings How long to wait, how often to try, and where the endpoint is.
   * @param aws Who asks, and which region.
   * @param options How long to wait between attempts.
   */
  constructor(address: BucketAddress, settings: BucketSettings, aws: AwsSettings, options: BucketClientOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#aws = aws;
    const { accessKeyId, secretAccessKey, sessionToken = "" } = aws.credentials;
    this.#secrets = [secretAccessKey, sessionToken, accessKeyId];
    this.#base = baseOf(address, settings.s3Endpoint ?? aws.endpoint, aws.region);
    const name = [address.bucket, address.prefix].filter((part) => part !== "").join("/");
    this.shown = `s3://${name} at ${new URL(this.#base).origin}`;
    // Over HTTP/2 all uploads would share the window of one connection
    this.#client = Deno.createHttpClient({ ...clientOptions(settings), poolMaxIdlePerHost: IDLE, http2: false });
  }

  /**
   * Sends a request.
   *
   * @param request The request.
   * @param options What ends it, and whether it is sent again.
   * @returns The answer, which is one of success.
   * @throws {BucketError} If there is none.
   * @throws The signal's reason.
   */
  async send(request: BucketRequest, { signal, retries = true, deadlineMs }: SendOptions = {}): Promise<BucketAnswer> {
    const { retries: least, retryMaxTimeMs } = this.#settings;
    const begunAt = performance.now();
    for (let attempt = 1;; attempt++) {
      const failure = await this.#once(request, { signal, deadlineMs }).catch((error) => this.#whyNot(error, signal));
      if (!(failure instanceof BucketError)) return failure;
      const isOver = attempt > least && performance.now() - begunAt >= retryMaxTimeMs;
      if (failure.concern !== "moment" || !retries || least === 0 || isOver) throw failure;
      await pause(Math.max(this.#options.backoff(attempt), failure.about.retryAfterMs ?? 0), signal);
    }
  }

  /** The error that ends a download, or the run, because of what a request threw. */
  failure(tried: string, error: unknown): unknown {
    return error instanceof BucketError ? error.asFailure(`${tried} (${this.shown})`) : error;
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #once(request: BucketRequest, { signal, deadlineMs }: SendOptions): Promise<BucketAnswer | BucketError> {
    const { method, body, check } = request;
    const { url, headers } = await this.#signed(request);
    using ending = new RequestEnd(deadlineMs ?? this.#deadlineMs(body?.bytes.length ?? 0), signal);
    const response = await fetch(url, {
      method,
      headers,
      body: body?.bytes,
      redirect: "manual",
      signal: ending.signal,
      client: this.#client,
    });
    const answer = { status: response.status, headers: response.headers, text: await shortText(response) };
    if (!isSuccess(answer)) return readRefusal(answer, this.#secrets);
    const problem = check?.(answer);
    return problem === undefined ? answer : new BucketError(problem, "moment");
  }

  #signed({ method, key, query = {}, headers = {}, body }: BucketRequest): Promise<{ url: URL; headers: Headers }> {
    const url = new URL(this.#base + (key === undefined ? "" : `/${key.split("/").map(encoded).join("/")}`));
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    url.search = url.search.replaceAll("+", "%20");
    const { credentials, region } = this.#aws;
    return new AwsV4Signer({
      ...credentials,
      url: url.href,
      method,
      region,
      service: "s3",
      cache: this.#cache,
      headers: { ...headers, "x-amz-content-sha256": body?.sha256 ?? OF_NOTHING },
    }).sign();
  }

  #deadlineMs(bytes: number): number {
    return Math.ceil(this.#settings.connectTimeoutMs + bytes / LEAST_BYTES_PER_SECOND * 1_000);
  }

  /** Why there is no answer. It may be one of the network's reasons, which pass. */
  #whyNot(error: unknown, signal: AbortSignal | undefined): BucketError {
    signal?.throwIfAborted();
    if (error instanceof BucketError) return error;
    const deepest = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const said = deepest instanceof Error ? deepest.message : String(deepest);
    const isHopeless = /certificate|invalid url|requests to port/i.test(said);
    const cause = { cause: error };
    return new BucketError(withoutSecrets(said, this.#secrets), isHopeless ? "bucket" : "moment", cause);
  }
}

/**
 * Where a bucket is asked about, without a slash at the end. AWS's own have a host each, unless their names have dots, which
 * the certificate isn't for; other endpoints take the bucket in the path.
 */
function baseOf({ bucket }: BucketAddress, endpoint: string | undefined, region: string): string {
  if (endpoint !== undefined) return `${checkedEndpoint(endpoint)}/${encoded(bucket)}`;
  if (!/^[\w-]+$/.test(region)) {
    throw new CannotWriteError("AWS_REGION isn't the name of a region, such as eu-central-1");
  }
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return /^[a-z0-9-]+$/.test(bucket) ? `https://${bucket}.${host}` : `https://${host}/${encoded(bucket)}`;
}

function checkedEndpoint(endpoint: string): string {
  if (isEndpoint(endpoint)) return new URL(endpoint).href.replace(/\/+$/, "");
  throw new CannotWriteError("the endpoint of AWS_ENDPOINT_URL isn't a URL such as https://storage.example.com:9000");
}

/** A part of a key as it stands in a URL, where only what RFC 3986 §2.3 leaves as it is does so. */
function encoded(part: string): string {
  return encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

async function shortText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > MOST_ANSWER) throw new BucketError("the endpoint's answer has no end", "bucket");
  }
  return text + decoder.decode();
}
