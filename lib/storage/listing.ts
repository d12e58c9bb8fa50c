/**
 * What a bucket has under a prefix.
 *
 * By the first version of ListObjects, because all endpoints have that, and each page is asked for by the last key of the one
 * before, so none can be asked for twice.
 *
 * @module
 */

import type { BucketClient, SendOptions } from "./bucket_client.ts";
import { BucketError } from "./bucket_error.ts";
import { elements, textOf } from "./xml.ts";

/** An object of a list. */
export interface Listed {
  /** Its key, the whole of it. */
  key: string;
  /** Its bytes. */
  size: number;
}

/** Keys asked for at a time; no endpoint gives more. */
const PAGE = "1000";

/**
 * Lists objects.
 *
 * @param client Asks.
 * @param prefix What their keys begin with.
 * @param options What ends it.
 * @yields The objects, a page at a time.
 * @throws {BucketError} If they can't be listed.
 */
export async function* listObjects(
  client: BucketClient,
  prefix: string,
  options: SendOptions = {},
): AsyncGenerator<Listed[], void> {
  for (let marker: string | undefined = "";;) {
    const query: Record<string, string> = { prefix, "max-keys": PAGE, "encoding-type": "url", ...marker && { marker } };
    const { text } = await client.send({ method: "GET", query, check: isList }, options);
    const page = [...elements(text, "Contents")].map((object) => readObject(object, isEncoded(text)));
    // What doesn't begin with the prefix was not asked for
    yield page.filter(({ key }) => key.startsWith(prefix));
    if (textOf(text, "IsTruncated") !== "true") return;
    const last: string | undefined = page.at(-1)?.key;
    if (last === undefined || last === marker) throw new BucketError("the endpoint's list has no end", "bucket");
    marker = last;
  }
}

/** The names of multipart uploads of an object that have been begun and not ended. */
export async function listUploads(client: BucketClient, key: string, options: SendOptions = {}): Promise<string[]> {
  const query = { uploads: "", prefix: key, "encoding-type": "url" };
  const { text } = await client.send({ method: "GET", query }, options);
  return [...elements(text, "Upload")]
    .filter((upload) => decodedKey(textOf(upload, "Key") ?? "", isEncoded(text)) === key)
    .map((upload) => textOf(upload, "UploadId") ?? "")
    .filter((id) => id !== "");
}

function isList({ text }: { text: string }): string | undefined {
  const isWhole = /<(?:\w+:)?ListBucketResult[\s>]/.test(text) && /<\/(?:\w+:)?ListBucketResult\s*>\s*$/.test(text);
  return isWhole ? undefined : "the endpoint's answer is no list of objects";
}

/** Not all endpoints encode keys when they are asked to; those that do say so. */
function isEncoded(xml: string): boolean {
  return textOf(xml, "EncodingType") === "url";
}

function readObject(xml: string, isEncoded: boolean): Listed {
  const [key, size] = [textOf(xml, "Key"), textOf(xml, "Size") ?? ""];
  if (key === undefined || !/^\d{1,15}$/.test(size)) {
    throw new BucketError("the endpoint's list has an object without a key or a size", "bucket");
  }
  return { key: decodedKey(key, isEncoded), size: Number(size) };
}

function decodedKey(key: string, isEncoded: boolean): string {
  if (!isEncoded) return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    throw new BucketError("the endpoint's list has a key that is encoded wrongly", "bucket");
  }
}
