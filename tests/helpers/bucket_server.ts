/**
 * An S3 endpoint for tests: on a free port, with one bucket in memory. It takes no request on trust: signatures, lengths and
 * digests must be right. It can be told to fail in the ways that S3 does.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";

/** The one access key that it knows, from AWS's own examples. */
export const KEYS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

/** The environment of a command that knows no key, whatever this machine has. */
export const NO_KEYS_ENV: Record<string, string> = {
  ...{ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "", AWS_PROFILE: "", AWS_REGION: "" },
  ...{ AWS_SHARED_CREDENTIALS_FILE: "/nothing/here", AWS_CONFIG_FILE: "/nothing/here" },
};

/** The environment of a command that uses it. */
export const KEYS_ENV: Record<string, string> = {
  ...NO_KEYS_ENV,
  ...{ AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey },
};

/** The name of its bucket. */
export const BUCKET = "stuff";

/** A request to it. */
export interface BucketCall {
  /** What it does: `PUT`, `LIST`, `HEAD`, `CREATE`, `PART`, `COMPLETE`, `ABORT`, `UPLOADS`, `GET` or `DELETE`. */
  what: string;
  /** The object's key; empty for the bucket. */
  key: string;
  /** Which call of this kind for this key it is, from 1. */
  nth: number;
  /** Its query. */
  query: URLSearchParams;
  /** Its headers. */
  headers: Headers;
  /** Its body. */
  body: Uint8Array<ArrayBuffer>;
}

/** How it answers. */
export interface BucketAnswers {
  /** Answers in its place; undefined for a right answer. Default: always right. */
  answer?: (call: BucketCall, server: BucketServer) => Response | undefined | Promise<Response | undefined>;
  /** Keys in one page of a list at most. Default: 1000. */
  page?: number;
  /** Whether it encodes keys in lists as it is asked to. Default: true. */
  encodes?: boolean;
  /** The session token that it wants. Default: none. */
  token?: string;
  /** Whether objects can be put only where there is none; refused: asking for that is, in the one way or the other. Default: known. */
  conditions?: "known" | "ignored" | "refused with 501" | "refused with 400";
}

interface Stored {
  bytes: Uint8Array<ArrayBuffer>;
  meta: Record<string, string>;
}

/** An S3 endpoint that counts. */
export class BucketServer implements AsyncDisposable {
  /** Its objects, by their keys. */
  readonly objects = new Map<string, Stored>();
  /** Uploads in parts that have been begun and not ended, by their ids. */
  readonly uploads = new Map<string, Stored & { key: string; parts: Map<number, Uint8Array<ArrayBuffer>> }>();
  /** How often what was asked for, as `PUT key`. */
  readonly calls = new Map<string, number>();
  /** Where it listens. */
  readonly url: string;
  /** Requests in flight at most, and bytes of their bodies. */
  readonly peak = { requests: 0, bytes: 0 };
  readonly #answers: BucketAnswers;
  readonly #closing = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #now = { requests: 0, bytes: 0 };
  #ids = 0;

  constructor(answers: BucketAnswers = {}) {
    this.#answers = answers;
    const options = { port: 0, hostname: "127.0.0.1", signal: this.#closing.signal, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#handle(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** How often something was asked for, whatever the key. */
  count(what: string): number {
    return [...this.calls].reduce((sum, [call, count]) => call.split(" ", 1)[0] === what ? sum + count : sum, 0);
  }

  /** Its objects as texts, by their keys. */
  texts(): Record<string, string> {
    const decoder = new TextDecoder();
    return Object.fromEntries([...this.objects].map(([key, { bytes }]) => [key, decoder.decode(bytes)]));
  }

  /** Cuts what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#server.finished;
  }

  async #handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, bucket, ...parts] = url.pathname.split("/");
    const body = await request.bytes().catch(() => undefined);
    if (body === undefined) return new Response(null, { status: 400 }); // whoever sent it has left
    const key = parts.map(decodeURIComponent).join("/");
    const what = whatIt(request.method, key, url.searchParams);
    const nth = (this.calls.get(`${what} ${key}`) ?? 0) + 1;
    this.calls.set(`${what} ${key}`, nth);
    const now = this.#now;
    now.requests++;
    now.bytes += body.length;
    this.peak.requests = Math.max(this.peak.requests, now.requests);
    this.peak.bytes = Math.max(this.peak.bytes, now.bytes);
    try {
      const call = { what, key, nth, query: url.searchParams, headers: request.headers, body };
      const refusal = this.#refusal(request, url, body);
      const answer = await this.#answers.answer?.(call, this);
      if (answer) return answer;
      if (refusal) return refusal;
      if (bucket !== BUCKET) return errorAnswer(404, "NoSuchBucket", "The specified bucket does not exist");
      return this.act(call);
    } finally {
      now.requests--;
      now.bytes -= body.length;
    }
  }

  /** Does what a call asks for. */
  act(call: BucketCall): Response {
    const { what, key, query, body, headers } = call;
    const upload = this.uploads.get(query.get("uploadId") ?? "");
    const { conditions = "known" } = this.#answers;
    if (headers.get("if-none-match") === "*" && conditions !== "ignored") {
      if (conditions === "refused with 501") {
        return errorAnswer(501, "NotImplemented", "A header you provided implies ...");
      }
      if (conditions === "refused with 400") return errorAnswer(400, "InvalidArgument", "Unsupported header ...");
      if (this.objects.has(key)) {
        return errorAnswer(412, "PreconditionFailed", "At least one of the pre-conditions ...");
      }
    }
    const needsUpload = ["PART", "COMPLETE", "ABORT"].includes(what);
    if (needsUpload && upload?.key !== key) return errorAnswer(404, "NoSuchUpload", "The upload does not exist");
    switch (what) {
      case "PUT":
        this.objects.set(key, { bytes: body, meta: metaOf(headers) });
        return tagged(body);
      case "HEAD":
      case "GET":
        return this.#get(key, what);
      case "LIST":
        return this.#list(query);
      case "UPLOADS":
        return this.#listUploads(query);
      case "CREATE": {
        const id = `id-${++this.#ids}&<`;
        this.uploads.set(id, { key, parts: new Map(), meta: metaOf(headers), bytes: body });
        return xml(
          `<InitiateMultipartUploadResult><UploadId>${escaped(id)}</UploadId></InitiateMultipartUploadResult>`,
        );
      }
      case "PART":
        upload?.parts.set(Number(query.get("partNumber")), body);
        return tagged(body);
      case "ABORT":
        this.uploads.delete(query.get("uploadId") ?? "");
        return new Response(null, { status: 204 });
      case "COMPLETE":
        return this.#complete(call);
    }
    return errorAnswer(501, "NotImplemented", "not here");
  }

  #get(key: string, what: string): Response {
    const stored = this.objects.get(key);
    if (!stored) return what === "HEAD" ? new Response(null, { status: 404 }) : errorAnswer(404, "NoSuchKey", "gone");
    const headers = { ...stored.meta, "content-length": String(stored.bytes.length), etag: `"${md5(stored.bytes)}"` };
    return new Response(what === "HEAD" ? null : stored.bytes, { headers });
  }

  #complete({ key, query, body }: BucketCall): Response {
    const id = query.get("uploadId") ?? "";
    const { parts = new Map(), meta = {} } = this.uploads.get(id) ?? {};
    const said = [...new TextDecoder().decode(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g)];
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (const [i, [, number, tag]] of said.entries()) {
      const part = parts.get(Number(number));
      if (!part || `"${md5(part)}"` !== tag.replaceAll("&#34;", '"')) {
        return errorAnswer(400, "InvalidPart", "no such part");
      }
      if (i < said.length - 1 && part.length < 5 * 2 ** 20) return errorAnswer(400, "EntityTooSmall", "too small");
      pieces.push(part);
    }
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.uploads.delete(id);
    this.objects.set(key, { bytes, meta });
    return xml(`<CompleteMultipartUploadResult><Key>${escaped(key)}</Key></CompleteMultipartUploadResult>`);
  }

  #list(query: URLSearchParams): Response {
    const { page = 1_000, encodes = true } = this.#answers;
    const [prefix, marker] = [query.get("prefix") ?? "", query.get("marker") ?? ""];
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > marker).sort();
    const isEncoded = encodes && query.get("encoding-type") === "url";
    const shown = keys.slice(0, page).map((key) => {
      const size = this.objects.get(key)?.bytes.length;
      return `<Contents><Key>${
        isEncoded ? encodeURIComponent(key) : escaped(key)
      }</Key><Size>${size}</Size></Contents>`;
    });
    const encoding = isEncoded ? "<EncodingType>url</EncodingType>" : "";
    return xml(
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${encoding}<IsTruncated>${
        keys.length > page
      }</IsTruncated>${shown.join("")}</ListBucketResult>`,
    );
  }

  #listUploads(query: URLSearchParams): Response {
    const prefix = query.get("prefix") ?? "";
    const shown = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix)).map(([id, { key }]) =>
      `<Upload><Key>${escaped(key)}</Key><UploadId>${escaped(id)}</UploadId></Upload>`
    );
    return xml(`<ListMultipartUploadsResult>${shown.join("")}</ListMultipartUploadsResult>`);
  }

  #refusal(request: Request, url: URL, body: Uint8Array): Response | undefined {
    const { headers, method } = request;
    const isUpload = method === "PUT" || method === "POST";
    if (isUpload && Number(headers.get("content-length") ?? NaN) !== body.length) {
      return errorAnswer(411, "MissingContentLength", "how long is it?");
    }
    const sha256 = createHash("sha256").update(body).digest("hex");
    if (headers.get("x-amz-content-sha256") !== sha256) {
      return errorAnswer(400, "XAmzContentSHA256Mismatch", "other bytes were signed");
    }
    const sum = headers.get("content-md5");
    if (method === "PUT" && sum === null) return errorAnswer(400, "InvalidRequest", "no Content-MD5");
    if (sum !== null && sum !== createHash("md5").update(body).digest("base64")) {
      return errorAnswer(400, "BadDigest", "other bytes came");
    }
    const { token } = this.#answers;
    if ((headers.get("x-amz-security-token") ?? undefined) !== token) return errorAnswer(400, "InvalidToken", "no");
    return signatureProblem(request, url);
  }
}

/** An answer that says what is wrong, as S3 does. */
export function errorAnswer(status: number, code: string, message: string, headers: HeadersInit = {}): Response {
  return xml(`<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`, { status, headers });
}

function whatIt(method: string, key: string, query: URLSearchParams): string {
  if (key === "") return query.has("uploads") ? "UPLOADS" : method === "GET" ? "LIST" : method;
  if (query.has("uploads")) return "CREATE";
  if (!query.has("uploadId")) return method;
  return method === "PUT" ? "PART" : method === "POST" ? "COMPLETE" : "ABORT";
}

/** Signature Version 4, as its documentation has it, and not as whatever is tested does it. */
function signatureProblem({ headers, method }: Request, url: URL): Response | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/;
  const [, id, day, region, signed, signature] = pattern.exec(headers.get("authorization") ?? "") ?? [];
  if (id !== KEYS.accessKeyId) return errorAnswer(403, "InvalidAccessKeyId", `The key ${id} does not exist`);
  const names = signed.split(";");
  if (!["host", "x-amz-date", "x-amz-content-sha256"].every((name) => names.includes(name))) {
    return errorAnswer(403, "AccessDenied", "not all that must be is signed");
  }
  const rfc3986 = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`).sort().join("&");
  const path = url.pathname.split("/").map((part) => rfc3986(decodeURIComponent(part))).join("/");
  const said = names.map((name) => `${name}:${name === "host" ? url.host : headers.get(name)?.trim()}\n`).join("");
  const request = [method, path, query, said, signed, headers.get("x-amz-content-sha256")].join("\n");
  const date = headers.get("x-amz-date") ?? "";
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(request).digest("hex")].join("\n");
  const key = [day, region, "s3", "aws4_request"].reduce<string | Uint8Array>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    `AWS4${KEYS.secretAccessKey}`,
  );
  if (createHmac("sha256", key).update(text).digest("hex") === signature) return undefined;
  return errorAnswer(403, "SignatureDoesNotMatch", `The request signature we calculated does not match: ${request}`);
}

function metaOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-amz-meta-")));
}

function tagged(bytes: Uint8Array): Response {
  return new Response(null, { headers: { etag: `"${md5(bytes)}"` } });
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

function xml(text: string, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/xml");
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`, { ...init, headers });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
