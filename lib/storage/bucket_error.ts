/**
 * What an answer of S3 means that isn't the one hoped for: whether to ask again, whom it concerns, and what to do about it.
 *
 * Codes are those of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what others (MinIO, Ceph,
 * Garage, R2) answer in their place.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";
import { retryAfter } from "../http/retry_after.ts";
import { SaveError } from "../disk/save_error.ts";
import { textOf } from "./xml.ts";

/** An answer, with its body, which is short. */
export interface BucketAnswer {
  /** The status. */
  status: number;
  /** The headers. */
  headers: Headers;
  /** The body. */
  text: string;
}

/** Whom a refusal concerns: this request at this moment, this object, or everything that goes to the bucket. */
export type Concern = "moment" | "object" | "bucket";

/** A request that didn't bring what it should. */
export class BucketError extends Error {
  /** `BucketError`. */
  override readonly name = "BucketError";

  /**
   * Makes the error.
   *
   * @param message Why, and what to do.
   * @param concern Whom it concerns.
   * @param about The status and the code that the endpoint gave, milliseconds that it asks to be left alone, and the cause.
   */
  constructor(
    message: string,
    readonly concern: Concern,
    readonly about: { status?: number; code?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
  }

  /**
   * The error that ends a download, or the run.
   *
   * @param tried What was tried, and on what.
   */
  asFailure(tried: string): SaveError | CannotWriteError {
    if (this.concern === "object") return new SaveError("write", `${tried}: ${this.message}`, { cause: this });
    return new CannotWriteError(tried, { cause: this });
  }
}

/** Codes that pass by themselves, whatever their status. */
const MOMENT = new Set([
  ...["SlowDown", "SlowDownRead", "SlowDownWrite", "Busy", "TooManyRequests", "Throttling", "ThrottlingException"],
  ...["InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeTooShort", "OperationAborted"],
  // The body was damaged or cut on its way
  ...["BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody"],
]);

/** Codes about what is full: QuotaExceeded is Ceph's, the next two MinIO's, EntityTooLarge what Swift says of a quota. */
const FULL =
  /^(?:\w*Quota\w*|XMinioStorageFull|XMinioAdminBucketQuotaExceeded|\w*InsufficientStorage\w*|StorageFull|EntityTooLarge|ServiceQuotaExceeded\w*|StorageLimit\w*|\w*CapExceeded)$/i;

/** What to do about the others, by their codes. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^NoSuchBucket$/, "there is no such bucket: create it, or look at its name, --s3-endpoint and AWS_REGION"],
  [
    /^(?:InvalidAccessKeyId|SignatureDoesNotMatch|InvalidClientTokenId|AuthFailure|InvalidSecurity|NotSignedUp)$/,
    "it doesn't accept the access key: look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or at the profile",
  ],
  [
    /^(?:ExpiredToken\w*|TokenRefreshRequired|RequestExpired)$/,
    "the access key has expired: get another, and run this again",
  ],
  [/^InvalidToken$/, "it doesn't accept AWS_SESSION_TOKEN: unset it, or get another"],
  [
    /^(?:PermanentRedirect|TemporaryRedirect|IllegalLocationConstraintException)$/,
    "the bucket is in another region: set AWS_REGION",
  ],
  [/^AuthorizationHeaderMalformed$/, "it doesn't take the request: look at AWS_REGION"],
  [/^InvalidBucketName$/, "no bucket can have this name there"],
  [/^(?:NotImplemented|MethodNotAllowed)$/, "the endpoint can't do what saving to it takes"],
];

/** What an access key must be allowed to do. */
const DENIED =
  "access is denied: the key must be allowed s3:ListBucket, s3:GetObject, s3:PutObject and s3:AbortMultipartUpload";

/** Codes of 4xx that are about one object alone. */
const OF_OBJECT =
  /^(?:NoSuchKey|NoSuchUpload|NoSuchVersion|InvalidPart\w*|EntityTooSmall|KeyTooLong\w*|\w*InvalidObjectName|InvalidURI|ObjectLocked|InvalidObjectState|PreconditionFailed|MalformedXML|InvalidRequest|InvalidArgument|MetadataTooLarge)$/;

/**
 * Whether an answer is one of success. That of some requests is an error with status 200, which has begun before its end was
 * known.
 */
export function isSuccess({ status, text }: BucketAnswer): boolean {
  return status >= 200 && status < 300 && !/<(?:\w+:)?Error[\s>]/.test(text.slice(0, 1_000));
}

/**
 * Says what an answer means that isn't one of success.
 *
 * @param answer The answer.
 * @param secrets What must not be in a message, whatever the endpoint quotes.
 * @param now What time it is, in milliseconds since the epoch. Default: now.
 */
export function readRefusal(answer: BucketAnswer, secrets: readonly string[], now: number = Date.now()): BucketError {
  const { status, headers, text } = answer;
  const code = textOf(text, "Code") ?? "";
  const said = withoutSecrets(textOf(text, "Message") ?? "", secrets).replace(/\s+/g, " ").slice(0, 200);
  const shown = /^[\w.]{1,60}$/.test(code) ? withoutSecrets(code, secrets) : `status ${status}`;
  const retryAfterMs = retryAfter(headers.get("retry-after"), { date: headers.get("date") });
  const refusal = (why: string, concern: Concern) =>
    new BucketError(`${why} (${shown})`, concern, { status, code, retryAfterMs });
  if (code === "RequestTimeTooSkewed") return refusal(skewed(headers, now), "bucket");
  if (FULL.test(code) || status === 507 || status === 413) return refusal("the bucket is full", "bucket");
  if (MOMENT.has(code)) return refusal(said === "" ? "it can't do that just now" : said, "moment");
  const region = headers.get("x-amz-bucket-region") ?? textOf(text, "Region");
  if (region && /^[\w-]{1,40}$/.test(region) && /Redirect|AuthorizationHeaderMalformed/.test(code)) {
    return refusal(`the bucket is in the region ${region}: set AWS_REGION=${region}`, "bucket");
  }
  const advice = ADVICE.find(([pattern]) => pattern.test(code))?.[1];
  if (advice !== undefined) return refusal(advice, "bucket");
  if (status === 401 || status === 403) return refusal(said === "" ? DENIED : `${DENIED}; it says: ${said}`, "bucket");
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500 || status < 300) {
    return refusal(said === "" ? "it can't do that just now" : said, "moment");
  }
  if (status >= 300 && status < 400) {
    return refusal("it leads elsewhere: look at --s3-endpoint and AWS_REGION", "bucket");
  }
  const why = said === "" ? "the endpoint refuses it" : said;
  return refusal(why, OF_OBJECT.test(code) || status === 400 || status === 412 ? "object" : "bucket");
}

/** How wrong this machine's clock is, or the endpoint's: RFC 9110 §6.6.1 says what time it is there. */
function skewed(headers: Headers, now: number): string {
  const aheadMs = now - Date.parse(headers.get("date") ?? "");
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  const by = Number.isFinite(minutes) && minutes > 0
    ? `${minutes} min ${aheadMs > 0 ? "ahead of" : "behind"} that`
    : "not that";
  return `this machine's clock is ${by} of the endpoint: set the clock`;
}

/** A text without what must not be shown. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== "").reduce((shown, secret) => shown.replaceAll(secret, "..."), text);
}
