/**
 * Everything that the slow website can do to a body, each as one thing to ask for, with what a client should make of it.
 *
 * @module
 */

import { ENCODINGS, FAULTS, RANGES } from "../../site/parameters.ts";
import { TLS_FAULTS } from "../../site/tls/certificates.ts";

/** What a client can make of an answer: the whole body and code 0, or an error. */
export type Ending = "right" | "fails";

/** One thing to ask for. */
export interface FaultCase {
  /** What it is called, in docs/server.md too. */
  name: string;
  /** What a page is asked to do. */
  query: string;
  /** What is right for a client to do. */
  expect: readonly Ending[];
  /** Whether a client can know that something is wrong, without a digest from elsewhere. */
  knowable: boolean;
  /** Whether the answer breaks off first, and the client goes on from there. */
  resumed?: boolean;
  /** Whether the body is coded, so that the client has to unpack it. */
  coded?: boolean;
  /** Whether the client is given the SHA-256. */
  digest?: boolean;
  /** Over TLS: what the server is started with. */
  tls?: string;
}

const RIGHT = ["right"] as const;
const FAILS = ["fails"] as const;
const EITHER = ["right", "fails"] as const;

/** What becomes of each fault. The length that is said is all that a client has to go by (RFC 9112 §6.3). */
const OF_FAULTS: Record<typeof FAULTS[number], { expect: readonly Ending[]; knowable?: false }> = {
  EMPTY_RESPONSE: { expect: FAILS },
  CONNECTION_RESET_BY_PEER: { expect: FAILS },
  MALFORMED_RESPONSE_CHUNK: { expect: FAILS },
  RANDOM_DATA_THEN_CLOSE: { expect: FAILS },
  STALL: { expect: FAILS },
  TRUNCATE: { expect: FAILS },
  BIT_FLIP: { expect: FAILS, knowable: false },
  CONTENT_LENGTH_MISSING: { expect: RIGHT },
  CONTENT_LENGTH_SHORT: { expect: FAILS, knowable: false },
  CONTENT_LENGTH_LONG: { expect: FAILS },
  CONTENT_LENGTH_TWICE: { expect: FAILS },
  EXTRA_BYTES: { expect: EITHER },
  EXTRA_RESPONSE: { expect: EITHER },
};

const OF_ENCODINGS: Partial<Record<typeof ENCODINGS[number], readonly Ending[]>> = {
  // Refused with reason: nothing says what they would be.
  "gzip-trailing-garbage": EITHER,
  "deflate-raw": EITHER,
  "gzip-truncated": FAILS,
  "gzip-bad-checksum": FAILS,
  "gzip-not": FAILS,
};

/** The first answer to each URL breaks off; of what comes then, only what these say is true. */
const BROKEN_OFF = "fail_first=1&fault=TRUNCATE";

const OF_RANGES: Partial<Record<typeof RANGES[number], { expect: readonly Ending[]; knowable?: false }>> = {
  "wrong-content-range": { expect: EITHER },
  "no-content-range": { expect: EITHER },
  "wrong-total": { expect: EITHER },
  "refused": { expect: EITHER },
  "other-version": { expect: EITHER },
  // The bytes of another version under the ETag of this one.
  "other-bytes": { expect: EITHER, knowable: false },
};

const changed = (validators: string, knowable: boolean): FaultCase => ({
  name: `changed, ETag ${validators}`,
  query: `${BROKEN_OFF}&change_every=1&validators=${validators}`,
  expect: EITHER,
  knowable,
  resumed: true,
});

/** All of them. */
export const FAULT_CASES: readonly FaultCase[] = [
  ...FAULTS.map((fault) => ({ name: fault, query: `fault=${fault}`, knowable: true, ...OF_FAULTS[fault] })),
  { name: "BIT_FLIP, digest", query: "fault=BIT_FLIP", expect: FAILS, knowable: true, digest: true },
  {
    name: "CONTENT_LENGTH_SHORT, digest",
    query: "fault=CONTENT_LENGTH_SHORT",
    expect: FAILS,
    knowable: true,
    digest: true,
  },
  ...ENCODINGS.map((encoding) => ({
    name: encoding,
    query: `encoding=${encoding}`,
    expect: OF_ENCODINGS[encoding] ?? RIGHT,
    knowable: true,
    coded: true,
  })),
  ...RANGES.map((ranges) => ({
    name: `resumed, ranges ${ranges}`,
    query: `${BROKEN_OFF}&ranges=${ranges}`,
    knowable: true,
    resumed: true,
    ...OF_RANGES[ranges] ?? { expect: RIGHT },
  })),
  changed("right", true),
  changed("weak", true),
  changed("date", true),
  changed("none", true),
  changed("stuck", false),
  {
    name: "resumed, ETag restless",
    query: `${BROKEN_OFF}&validators=restless`,
    expect: RIGHT,
    knowable: true,
    resumed: true,
  },
  { name: "redirect_loop", query: "redirect_loop=true", expect: FAILS, knowable: true },
  ...TLS_FAULTS.map((fault) => ({ name: `TLS ${fault}`, query: "", expect: FAILS, knowable: true, tls: fault })),
];
