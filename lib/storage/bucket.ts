/**
 * A bucket that whole bodies go to: small ones in one request, large ones in parts. An object is there as a whole, or not.
 *
 * @module
 */

import { type BucketAddress, parseBucketAddress } from "../core/bucket_address.ts";
import type { Destination, Placement, WholeBody } from "../disk/destination.ts";
import { fingerprintHex } from "../disk/fingerprint.ts";
import { SaveError } from "../disk/save_error.ts";
import { type AwsSettings, readAwsSettings } from "./aws_settings.ts";
import { BucketClient, type BucketClientOptions, type BucketSettings } from "./bucket_client.ts";
import { checkedBody } from "./checked_body.ts";
import { BucketError } from "./bucket_error.ts";
import { ONLY_IF_FREE, PART, putRequest, type Upload, uploadInParts } from "./multipart.ts";
import { UploadSlots } from "./upload_slots.ts";

/** The header of the metadata that says what was asked for, and how the object got its name. */
export const MARK = "x-amz-meta-download-stuff";

/** Bytes of a key at most (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
const MOST_KEY = 1_024;

/** How to open a {@linkcode Bucket}. */
export interface BucketOptions extends BucketClientOptions {
  /** Who asks, and which region. Default: what the environment and the files of the AWS command line say. */
  aws?: AwsSettings;
}

/** Puts bodies into a bucket. Every isolate has its own. */
export class Bucket implements Destination, Disposable {
  /** Asks its endpoint. */
  readonly client: BucketClient;
  readonly #address: BucketAddress;
  readonly #state: string;
  readonly #slots = new UploadSlots();
  /** Whether the endpoint knows, as far as it has been seen, that an object may be put only where there is none. */
  #knowsConditions = true;

  /**
   * Asks nothing yet.
   *
   * @param output Its address, for example `s3://bucket/prefix`.
   * @param state The state folder of this process, which has its journal and what isn't whole.
   * @param settings How long to wait, how often to try, and where the endpoint is.
   * @param options How long to wait between attempts, and who asks.
   * @throws {CannotWriteError} If the environment names no access key, or no endpoint that can be one.
   */
  constructor(output: string, state: string, settings: BucketSettings, { aws, backoff }: BucketOptions) {
    this.#address = parseBucketAddress(output);
    this.#state = state;
    this.client = new BucketClient(this.#address, settings, aws ?? readAwsSettings(), { backoff });
  }

  /** What the keys of its objects begin with. */
  get prefix(): string {
    return this.#address.prefix === "" ? "" : `${this.#address.prefix}/`;
  }

  /** Puts a body into it; see {@linkcode Destination.put}. */
  async put(body: WholeBody, to: Placement): Promise<boolean> {
    const { file, key: asked, naming, replaces, signal } = to;
    const key = this.prefix + file;
    const length = new TextEncoder().encode(key).length;
    if (length > MOST_KEY) {
      throw new SaveError(
        "write",
        `cannot save as ${file}: its key would have ${length} bytes, and ${MOST_KEY} are allowed`,
      );
    }
    // The last word tells this upload from any other of the same
    const mark = `${fingerprintHex(asked)} ${naming} ${crypto.randomUUID().slice(0, 8)}`;
    const isConditional = this.#knowsConditions && !replaces;
    try {
      await this.#upload(body, { key, headers: { [MARK]: mark }, isConditional }, signal);
      return true;
    } catch (error) {
      const { status, code } = error instanceof BucketError ? error.about : {};
      if (isConditional && (code === "NotImplemented" || status === 400)) {
        // Not all endpoints know conditions (RFC 9110 §13.1.2): then what was listed is all that is known to be there
        const isThere = await this.put(body, { ...to, replaces: true });
        this.#knowsConditions = false;
        return isThere;
      }
      if (!isConditional || status !== 412) throw this.client.failure(`cannot save ${file}`, error);
      const there = await this.markOf(key, signal);
      if (there === mark) return true; // it has been put, and the answer was lost
      const isOthers = typeof there === "string" && !there.startsWith(fingerprintHex(asked));
      return isOthers ? false : await this.put(body, { ...to, replaces: true });
    }
  }

  /**
   * Asks what the metadata of an object says.
   *
   * @param key Its key.
   * @param signal Ends the asking. Default: nothing does.
   * @returns What it says, empty for nothing; undefined if there is no such object.
   * @throws {BucketError} If it can't be asked.
   */
  async markOf(key: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.client.send({ method: "HEAD", key }, { signal })).headers.get(MARK) ?? "";
    } catch (error) {
      if (error instanceof BucketError && error.about.status === 404) return undefined;
      throw error;
    }
  }

  /** Closes its connections. */
  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  async #upload(
    body: WholeBody,
    object: Pick<Upload, "key" | "headers" | "isConditional">,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { key, isConditional } = object;
    const size = body instanceof Uint8Array ? body.length : body.size;
    const { client } = this;
    if (!(body instanceof Uint8Array) && size > PART) {
      const tools = { client, state: this.#state, slots: this.#slots };
      return await uploadInParts({ ...object, path: body.path, size }, tools, signal);
    }
    using _place = await this.#slots.acquire(size, signal);
    // No body is in memory that isolates share
    const bytes = body instanceof Uint8Array ? body as Uint8Array<ArrayBuffer> : Deno.readFileSync(body.path);
    if (bytes.length !== size) {
      throw new SaveError("write", `a temporary file has ${bytes.length} bytes and not ${size}`);
    }
    const headers = { ...object.headers, ...isConditional && ONLY_IF_FREE };
    await client.send(putRequest(key, await checkedBody(bytes), { headers }), { signal });
  }
}

/** What the metadata of an object says. */
export interface Mark {
  /** The fingerprint of what was asked for: three words. */
  key: Uint32Array;
  /** How it got its name. */
  naming: "plain" | "distinct" | "stored";
}

/**
 * Reads what the metadata of an object says.
 *
 * @param text The header's value.
 * @returns Undefined if no run has written it.
 */
export function readMark(text: string | undefined): Mark | undefined {
  const [, hex, naming] = /^([0-9a-f]{24}) (plain|distinct|stored) [0-9a-f]{8}$/.exec(text ?? "") ?? [];
  if (hex === undefined) return undefined;
  const words = [0, 8, 16].map((at) => parseInt(hex.slice(at, at + 8), 16));
  return { key: Uint32Array.from(words), naming: naming as Mark["naming"] };
}
