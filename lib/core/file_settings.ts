/**
 * The options that only some runs use, which are about what is taken and what is kept of it; with their defaults.
 *
 * @module
 */

import { isBucketAddress, parseBucketAddress } from "./bucket_address.ts";
import { check } from "./check_option.ts";
import { SHARD_BYTES, type ShardFormat } from "./shards.ts";

/** Segments of a file that can be asked for at most: more than any server should be asked for. */
export const MAX_SEGMENTS = 64;

/** What to take, how fast, and what to do with what is there. Every field may be left out. */
export interface FileOptions {
  /**
   * Ask for what `output` has, too, and fetch what has changed: by the ETag or the date that its server gave it, which are kept
   * from then on. Needs an `output`. Default: false, and what is there is skipped.
   */
  update?: boolean;
  /**
   * Check the digests of what `output` has, and fetch what has others; what has none to compare is right. With `digest`, the
   * SHA-256 of all of it is computed. Needs an `output`. Default: false, and what is there is believed by its size.
   */
  verify?: boolean;
  /** With `update`, give files the time that their servers say they were modified (Last-Modified). Default: true. */
  mtime?: boolean;
  /**
   * The types of what is wanted (Content-Type), `*` for anything: `image/png`, `image/*`. What has another type, or says none,
   * isn't downloaded. Default: all.
   */
  accept?: readonly string[];
  /** The types of what isn't wanted. Default: none. */
  reject?: readonly string[];
  /** What becomes of a download that is larger than `maxFilesize`, or not of a type that is wanted. Default: "fail". */
  unwanted?: "fail" | "skip";
  /**
   * Connections at most that `download` fetches one file over, from 1 to 64, each a segment of it: of 8 MB or more, if the server
   * names its version and takes ranges. "auto": as many as make it faster, up to 16. Never more than `perHost`. Needs an
   * `output`. Default: 1.
   */
  segments?: number | "auto";
  /** Bytes per second that may arrive, in all isolates together, as they are sent; 1 or more. Default: no limit. */
  limitRate?: number;
  /**
   * What bodies are saved as: files of their own, or members of shards, `00000.tar` and so on, as WebDataset reads them, or
   * records of WARC files, `00000.warc.gz` and so on, with the requests and responses. Needs an `output`. Default: "files".
   */
  outputFormat?: "files" | ShardFormat;
  /** Bytes that a shard may have at most, 1 or more; one with a single larger body has more. Default: {@linkcode SHARD_BYTES}. */
  shardSize?: number;
  /**
   * The URL of the S3-compatible endpoint of an `output` that is `s3://bucket/prefix`. Default: what AWS_ENDPOINT_URL_S3,
   * AWS_ENDPOINT_URL or the profile say, or else AWS's own.
   */
  s3Endpoint?: string;
  /**
   * The folder for the journal, and for what isn't whole yet, of an `output` that is `s3://bucket/prefix`. Default: one in the
   * working directory, named by the bucket and the prefix.
   */
  state?: string;
}

/** The options that may be absent from settings, too. */
export type OptionalFileOptions = "s3Endpoint" | "state";

/** These options with defaults filled in. */
export type FileSettings = Required<Omit<FileOptions, OptionalFileOptions>> & Pick<FileOptions, OptionalFileOptions>;

/**
 * Checks these options and fills in defaults.
 *
 * @param options What the caller asked for, and the folder that bodies are saved to.
 * @returns The options, complete.
 * @throws {RangeError} For a value that can't be; names the option and the value.
 * @throws {TypeError} For a type that is none, or an option without what it needs.
 */
export function settleFiles(options: FileOptions & { output?: string }): FileSettings {
  const settings: FileSettings = {
    update: options.update ?? false,
    verify: options.verify ?? false,
    mtime: options.mtime ?? true,
    accept: options.accept ?? [],
    reject: options.reject ?? [],
    unwanted: options.unwanted ?? "fail",
    segments: options.segments ?? 1,
    limitRate: options.limitRate ?? Infinity,
    outputFormat: options.outputFormat ?? "files",
    shardSize: options.shardSize ?? SHARD_BYTES,
    s3Endpoint: options.s3Endpoint,
    state: options.state,
  };
  for (const name of ["update", "verify"] as const) {
    if (settings[name] && options.output === undefined) throw new TypeError(`Option ${name} needs an output: name it`);
  }
  checkBucket(settings, options.output);
  check("limitRate", settings.limitRate, { min: 1 });
  checkSegments(settings.segments, options);
  checkShards(settings, options.output);
  checkTypes("accept", settings.accept);
  checkTypes("reject", settings.reject);
  if (!["fail", "skip"].includes(settings.unwanted)) {
    throw new RangeError(`Option unwanted takes "fail" or "skip": it is ${settings.unwanted}`);
  }
  return settings;
}

/** Why some options don't go with an output in a bucket. */
export const NOT_IN_BUCKETS = {
  update: "what a server called the version of an object isn't kept there",
  verify: "every object would have to be downloaded from there to be checked",
};

function checkBucket(settings: FileSettings, output: string | undefined): void {
  const { s3Endpoint } = settings;
  if (output === undefined || !isBucketAddress(output)) {
    const alone = (["s3Endpoint", "state"] as const).find((name) => settings[name] !== undefined);
    if (alone) throw new TypeError(`Option ${alone} is about an output such as s3://bucket/prefix: name one`);
    return;
  }
  try {
    parseBucketAddress(output);
  } catch (cause) {
    throw new TypeError(`Option output takes a folder, or ${(cause as Error).message}`, { cause });
  }
  for (const name of ["update", "verify"] as const) {
    if (settings[name]) {
      throw new TypeError(`Option ${name} doesn't go with an output in a bucket: ${NOT_IN_BUCKETS[name]}`);
    }
  }
  if (s3Endpoint !== undefined && !isEndpoint(s3Endpoint)) {
    throw new TypeError("Option s3Endpoint takes a URL such as https://storage.example.com:9000, without keys in it");
  }
}

/** Whether a text is the URL of an endpoint: http or https, without user, password, query or fragment. */
export function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
}

/** A type, or what stands for several: `image/png`, `image/*`, `application/*+json`; of characters of tokens (RFC 9110 §8.3.1). */
const MEDIA_PATTERN = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/** Whether a text is a media type, in which `*` may stand for anything. */
export function isMediaPattern(text: string): boolean {
  return MEDIA_PATTERN.test(text);
}

function checkSegments(segments: number | "auto", { output }: { output?: string }): void {
  if (segments !== "auto") check("segments", segments, { min: 1, max: MAX_SEGMENTS, whole: true });
  if (segments !== 1 && output === undefined) throw new TypeError("Option segments needs an output: name it");
}

function checkShards(
  { outputFormat, shardSize, update, verify, segments }: FileSettings,
  output: string | undefined,
): void {
  if (!["files", "tar", "warc"].includes(outputFormat)) {
    throw new RangeError(`Option outputFormat takes "files", "tar" or "warc": it is ${outputFormat}`);
  }
  check("shardSize", shardSize, { min: 1, whole: true });
  if (outputFormat === "files") return;
  if (output === undefined) throw new TypeError("Option outputFormat needs an output: name it");
  for (const [name, isSet] of Object.entries({ update, verify })) {
    if (isSet) throw new TypeError(`Option ${name} is for files: what is in a shard isn't read or changed again`);
  }
  if (segments !== 1) throw new TypeError("Option segments is for files: what goes into a shard is fetched whole");
}

function checkTypes(name: string, types: readonly string[]): void {
  if (!Array.isArray(types)) throw new TypeError(`Option ${name} takes a list of types: it is ${types}`);
  const wrong = types.find((type) => typeof type !== "string" || !isMediaPattern(type));
  if (wrong !== undefined) {
    throw new TypeError(`Option ${name} takes types such as image/png or image/*: it has ${wrong}`);
  }
}
