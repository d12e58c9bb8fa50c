/**
 * Every way in which the site can be asked to behave: what a query parameter of `GET /{n}` and a flag of `server.ts`
 * have in common. Both are checked against the bounds here, and the docs page shows them.
 *
 * Every parameter has bounds, so that no request can hold much memory or run forever.
 *
 * @module
 */

/** What {@linkcode Parameter} describes: a number. */
export interface NumberParameter {
  /** Whether it is a whole number, one with decimals, or a time in milliseconds (which a flag also takes as `1.5s`). */
  kind: "integer" | "number" | "milliseconds";
  /** What it does, in a line. */
  about: string;
  /** What the number counts. */
  unit?: string;
  /** The least it may be. */
  min: number;
  /** The most it may be, and thereby the bound on what a request can cost. */
  max: number;
}

/** What {@linkcode Parameter} describes: one of a few words. */
export interface ChoiceParameter {
  /** That it is one of a few words. */
  kind: "choice";
  /** What it does, in a line. */
  about: string;
  /** The words. */
  choices: readonly string[];
}

/** What {@linkcode Parameter} describes: something that is on or off. */
export interface SwitchParameter {
  /** That it is on or off. */
  kind: "switch";
  /** What it does, in a line. */
  about: string;
}

/** A way in which the site can be asked to behave. */
export type Parameter = NumberParameter | ChoiceParameter | SwitchParameter;

/** How a response can be broken. The first four are WireMock's faults, under its names; those from the seventh on lie. */
export const FAULTS = [
  "EMPTY_RESPONSE",
  "CONNECTION_RESET_BY_PEER",
  "MALFORMED_RESPONSE_CHUNK",
  "RANDOM_DATA_THEN_CLOSE",
  "STALL",
  "TRUNCATE",
  "BIT_FLIP",
  "CONTENT_LENGTH_MISSING",
  "CONTENT_LENGTH_SHORT",
  "CONTENT_LENGTH_LONG",
  "CONTENT_LENGTH_TWICE",
  "EXTRA_BYTES",
  "EXTRA_RESPONSE",
] as const;

/** A way in which a response can be broken. */
export type Fault = typeof FAULTS[number];

/** What a page's validators say about it (RFC 9110 §8.8). */
export const VALIDATORS = ["right", "weak", "date", "none", "stuck", "restless"] as const;

/** What a page makes of a Range (RFC 9110 §14). */
export const RANGES = [
  "right",
  "none",
  "ignored",
  "refused",
  "short",
  "wrong-content-range",
  "no-content-range",
  "wrong-total",
  "other-version",
  "other-bytes",
] as const;

/** How a body can be coded (RFC 9110 §8.4): right, and wrong in the ways that are seen on real sites. */
export const ENCODINGS = [
  "gzip",
  "deflate",
  "deflate-raw",
  "br",
  "zstd",
  "gzip-members",
  "gzip-trailing-garbage",
  "gzip-truncated",
  "gzip-bad-checksum",
  "gzip-not",
] as const;

const TEN_MINUTES = 600_000;

/**
 * The parameters, under the names their fields use: `delay`, `duration`, `numbytes`, `chunk_size`, `seed` and
 * `redirects` are httpbin's (its times are seconds), `jitter` and `rate` Toxiproxy's, `status` and `fault` WireMock's.
 */
export const PARAMETERS = {
  delay: { kind: "milliseconds", about: "wait before the answer", min: 0, max: TEN_MINUTES },
  jitter: { kind: "milliseconds", about: "wait up to this much longer, by n, attempt and seed", min: 0, max: 60_000 },
  duration: { kind: "milliseconds", about: "spread the body over this time", min: 0, max: TEN_MINUTES },
  rate: { kind: "integer", about: "send the body no faster", unit: "bytes/s", min: 1, max: 2 ** 30 },
  numbytes: {
    kind: "integer",
    about: "answer this many bytes, made from n and seed, instead of the number",
    unit: "bytes",
    min: 0,
    max: 2 ** 30,
  },
  chunkSize: {
    kind: "integer",
    about: "send the body in pieces of this size, without saying its length",
    unit: "bytes",
    min: 1,
    max: 65_536,
  },
  gzip: { kind: "switch", about: "compress the body for those who accept it" },
  encoding: { kind: "choice", about: "code the body for those who accept it, right or wrong", choices: ENCODINGS },
  encodingForced: { kind: "switch", about: "code the body for those who don't accept it, too" },
  bomb: {
    kind: "integer",
    about: "answer zeros that are small as gzip, or with encoding as br or zstd, and this large when unpacked",
    unit: "MiB",
    min: 1,
    max: 16_384,
  },
  changeEvery: { kind: "integer", about: "change a page after this many requests", min: 1, max: 1_000_000 },
  changeInterval: {
    kind: "milliseconds",
    about: "change all pages each time this has passed",
    min: 1,
    max: 86_400_000,
  },
  validators: { kind: "choice", about: "what ETag and Last-Modified say", choices: VALIDATORS },
  ranges: { kind: "choice", about: "what becomes of Range", choices: RANGES },
  status: { kind: "integer", about: "answer with this status", unit: "HTTP status", min: 200, max: 599 },
  fault: { kind: "choice", about: "break the response in this way", choices: FAULTS },
  failureRate: {
    kind: "number",
    about:
      "fail only this share of the requests, with fault or status, else 503; which, follows from n, attempt and seed",
    min: 0,
    max: 1,
  },
  seed: { kind: "integer", about: "another seed, other bytes, jitter and failures", min: 0, max: 2 ** 31 - 1 },
  failFirst: {
    kind: "integer",
    about: "fail this often for each URL and client address, with fault or status, else 503; then work",
    min: 0,
    max: 1_000,
  },
  outage: {
    kind: "milliseconds",
    about: "fail for this long at the beginning, with fault or status, else 503",
    min: 0,
    max: TEN_MINUTES,
  },
  outageInterval: { kind: "milliseconds", about: "repeat the outage this often", min: 1, max: 86_400_000 },
  coldStart: {
    kind: "milliseconds",
    about: "answer nothing before this has passed since the first request",
    min: 0,
    max: TEN_MINUTES,
  },
  connectionRate: {
    kind: "integer",
    about: "send the bodies of a connection together no faster",
    unit: "bytes/s",
    min: 1,
    max: 2 ** 30,
  },
  retryAfter: { kind: "integer", about: "say when to come back, if it fails", unit: "seconds", min: 0, max: 86_400 },
  retryAfterForm: { kind: "choice", about: "say it in seconds or as a date", choices: ["seconds", "date"] },
  redirects: { kind: "integer", about: "redirect this often before the answer", min: 0, max: 100 },
  redirectLoop: { kind: "switch", about: "redirect to itself, forever" },
} as const satisfies Record<string, Parameter>;

/** The name of a parameter in the code. */
export type ParameterName = keyof typeof PARAMETERS;

/** The type of a parameter's value. */
export type Value<P extends Parameter> = P extends { kind: "choice"; choices: readonly (infer C)[] } ? C
  : P extends { kind: "switch" } ? boolean
  : number;

/** What was asked for. What is absent wasn't. */
export type Behaviour = { [N in ParameterName]?: Value<typeof PARAMETERS[N]> };

/** The parameters with their names, in the order in which they are shown. */
export const PARAMETER_LIST = Object.entries(PARAMETERS) as [ParameterName, Parameter][];

/** A parameter's name in a query: `chunkSize` is `chunk_size`. */
export function queryName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A parameter's name as a flag, without the dashes before it: `chunkSize` is `chunk-size`. */
export function flagName(name: string): string {
  return queryName(name).replaceAll("_", "-");
}

/** What values a parameter takes, in words: `a whole number from 0 to 100`. */
export function bounds(parameter: Parameter): string {
  switch (parameter.kind) {
    case "choice":
      return `one of ${parameter.choices.join(", ")}`;
    case "switch":
      return "true or false";
    case "number":
      return `a number from ${parameter.min} to ${parameter.max}`;
    case "integer":
      return `a whole number from ${parameter.min} to ${parameter.max}${parameter.unit ? ` (${parameter.unit})` : ""}`;
    case "milliseconds":
      return `a number from ${parameter.min} to ${parameter.max} (milliseconds)`;
  }
}
