/**
 * Uploads a large body in parts, several at once: it is there as a whole once all of them are and have been put together, and
 * otherwise nothing of it is.
 *
 * What is begun stands in the state folder, so that a run that is killed leaves parts which cost money only until the next one
 * begins.
 *
 * @module
 */

import type { BucketClient, BucketRequest, SendOptions } from "./bucket_client.ts";
import { type BucketAnswer, BucketError } from "./bucket_error.ts";
import { type CheckedBody, checkedBody } from "./checked_body.ts";
import { abortUpload, UploadNote } from "./upload_notes.ts";
import type { UploadSlots } from "./upload_slots.ts";
import { escapedXml, textOf } from "./xml.ts";

/** Bytes of a part; S3 takes none below 5 MiB but the last. */
export const PART = 2 ** 23;

/** Parts of an object at most (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html), and its bytes: 5 TiB. */
const [MOST_PARTS, MOST_BYTES] = [10_000, 5 * 2 ** 40];

/** The header by which an object is put only where there is none. */
export const ONLY_IF_FREE = { "if-none-match": "*" };

/** Parts of one object on their way at once: more keep no line busier, and would hold up other objects. */
const PARTS_AT_ONCE = 4;

/** What an upload is of. */
export interface Upload {
  /** The file that has the body. */
  path: string;
  /** Its bytes. */
  size: number;
  /** The object's key. */
  key: string;
  /** The object's metadata, as headers. */
  headers: Record<string, string>;
  /** Whether it is put there only if there is no object of that key. */
  isConditional: boolean;
}

/** What uploads go through. */
export interface UploadTools {
  /** Asks the endpoint. */
  client: BucketClient;
  /** The state folder. */
  state: string;
  /** Bounds what is on its way. */
  slots: UploadSlots;
}

/**
 * Uploads a body in parts.
 *
 * @param upload What.
 * @param tools Through what.
 * @param signal Ends it. Default: nothing does.
 * @throws {BucketError} If it isn't there in the end.
 * @throws The signal's reason, and what the file system says.
 */
export async function uploadInParts(upload: Upload, tools: UploadTools, signal?: AbortSignal): Promise<void> {
  const { key, size, headers } = upload;
  if (size > MOST_BYTES) throw new BucketError(`an object has ${MOST_BYTES} bytes at most, and this ${size}`, "object");
  const note = new UploadNote(tools.state, key);
  const begun = await tools.client.send({ method: "POST", key, query: { uploads: "" }, headers, check: hasId }, {
    signal,
  });
  const uploadId = textOf(begun.text, "UploadId") ?? "";
  note.name(uploadId);
  try {
    const tags = await uploadParts({ ...upload, uploadId }, tools, signal);
    await complete({ ...upload, uploadId }, tags, tools.client, signal);
  } catch (error) {
    if (await abortUpload(tools.client, key, uploadId)) note.remove();
    throw error;
  }
  note.remove();
}

type Begun = Upload & { uploadId: string };

/** Uploads the parts, and returns what the endpoint calls them, in their order. */
async function uploadParts({ path, size, key, uploadId }: Begun, tools: UploadTools, outer?: AbortSignal) {
  const { client, slots } = tools;
  const partSize = Math.max(PART, Math.ceil(size / MOST_PARTS / 2 ** 20) * 2 ** 20);
  const count = Math.ceil(size / partSize);
  const tags: string[] = new Array(count).fill("");
  const parts = tags.keys();
  const ending = new AbortController();
  const signal = outer ? AbortSignal.any([outer, ending.signal]) : ending.signal;
  using file = Deno.openSync(path);
  const lane = async () => {
    for (const index of { [Symbol.iterator]: () => ({ next: () => parts.next() }) }) {
      const start = index * partSize;
      const bytes = Math.min(partSize, size - start);
      using _place = await slots.acquire(bytes, signal);
      const part = await checkedBody(readPart(file, start, bytes));
      const query = { partNumber: String(index + 1), uploadId };
      tags[index] = tagOf(await client.send(putRequest(key, part, { query }), { signal }));
    }
  };
  const lanes = Array.from({ length: Math.min(PARTS_AT_ONCE, count) }, async () => {
    try {
      await lane();
    } catch (error) {
      ending.abort(error); // no part may arrive once the upload has been given up
      throw error;
    }
  });
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  return tags;
}

/**
 * The request that puts a body somewhere.
 *
 * @param key The object's key.
 * @param body The body, with its digests, which the endpoint compares.
 * @param more The query and the headers. Default: none.
 */
export function putRequest(
  key: string,
  { bytes, sha256, md5 }: CheckedBody,
  { query, headers }: Pick<BucketRequest, "query" | "headers"> = {},
): BucketRequest {
  const check = (answer: BucketAnswer) => tagOf(answer) === "" ? "the endpoint's answer has no ETag" : undefined;
  return { method: "PUT", key, query, headers: { ...headers, "content-md5": md5 }, body: { bytes, sha256 }, check };
}

function tagOf({ headers }: BucketAnswer): string {
  return headers.get("etag") ?? "";
}

function readPart(file: Deno.FsFile, start: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(start, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const read = file.readSync(bytes.subarray(at));
    if (read === null) throw new Error("a temporary file has become shorter");
    at += read;
  }
  return bytes;
}

/**
 * Puts the parts together. An answer may be lost, and the next one then say that there is no such upload any more; so may one
 * that has begun well end in an error. So what counts is that the object is there, from this upload and with all its bytes.
 */
async function complete(
  { key, size, headers, isConditional, uploadId }: Begun,
  tags: readonly string[],
  client: BucketClient,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapedXml(tag)}</ETag></Part>`);
  const xml = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  const body = await checkedBody(new TextEncoder().encode(xml));
  const check = ({ text }: BucketAnswer) =>
    /<(?:\w+:)?CompleteMultipartUploadResult[\s>]/.test(text)
      ? undefined
      : "the endpoint doesn't say that it is complete";
  try {
    const asXml = { "content-type": "application/xml", ...isConditional && ONLY_IF_FREE };
    await client.send({ method: "POST", key, query: { uploadId }, headers: asXml, body, check }, { signal });
  } catch (error) {
    if (!(error instanceof BucketError) || error.about.code !== "NoSuchUpload") throw error;
    if (await isThere(client, { key, size, headers }, { signal })) return;
    throw error;
  }
  if (await isThere(client, { key, size, headers }, { signal })) return;
  throw new BucketError("the endpoint says that it is complete, and doesn't have it as it was sent", "object");
}

/** Whether an object has the bytes that it must have, and the metadata. */
async function isThere(
  client: BucketClient,
  { key, size, headers }: Pick<Upload, "key" | "size" | "headers">,
  options: SendOptions,
): Promise<boolean> {
  try {
    const there = await client.send({ method: "HEAD", key }, options);
    if (Number(there.headers.get("content-length") ?? NaN) !== size) return false;
    return Object.entries(headers).every(([name, value]) => there.headers.get(name) === value);
  } catch (error) {
    // Whoever may write may not be allowed to read: then the endpoint's word counts
    if (error instanceof BucketError && error.about.status === 403) return true;
    if (error instanceof BucketError && error.about.status === 404) return false;
    throw error;
  }
}

function hasId({ text }: BucketAnswer): string | undefined {
  return textOf(text, "UploadId") ? undefined : "the endpoint's answer names no upload";
}
