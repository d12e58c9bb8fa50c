/**
 * Every number worth turning, with its unit and the reason for its value.
 *
 * Change one, run `deno task demo`, and see what it does.
 *
 * @module
 */

/** Pages each strategy downloads when `--trials` doesn't say otherwise. The original demonstration's number. */
export const TRIALS = 100;

/** Where the slow website listens: this machine only, because it obeys whoever asks it to misbehave. */
export const HOSTNAME = "127.0.0.1";

/** Port of the slow website, the original's. */
export const PORT = 8000;

/** Milliseconds the slow website waits before it answers: long enough that waiting, not computing, is all that counts. */
export const DELAY_MS = 1_000;

/**
 * Connections the kernel may hold for the server before it accepts them. A burst above it loses SYN packets, which
 * clients send again only after 1 s and 3 s; 10,000 downloads at once must not. Linux cuts it to `net.core.somaxconn`.
 */
export const TCP_BACKLOG = 16_384;

/** Milliseconds a stopping server lets open requests finish: several times its usual delay, short enough to wait for. */
export const SHUTDOWN_DEADLINE_MS = 5_000;

/**
 * Web Workers `threaded.ts` starts at most. Each costs about 10 MB and 20 ms of CPU, so a hundred is the 1 GB
 * that a laptop can spare; a thousand would take 9 GB and 39 s before the last one starts.
 */
export const MAX_THREADS = 100;

/** Requests in flight at most in one isolate: above some 10,000 Deno's fetch costs CPU that grows faster than the work. */
export const MAX_IN_FLIGHT = 10_000;

/**
 * HTTP/2 streams kept open on one connection. Servers cap them and leave the rest queued (Deno.serve: 200;
 * RFC 9113 §6.5.2 recommends no less than 100), which is why one client isn't enough and a pool is needed.
 */
export const STREAMS_PER_CLIENT = 200;

/** Milliseconds before the first retry, at most (the actual wait is random below it): a moment, for a server that restarts. */
export const BACKOFF_FIRST_MS = 500;

/** Milliseconds before any retry, at most: longer, and a person waiting for the end would rather have the failure. */
export const BACKOFF_MOST_MS = 30_000;

/**
 * Milliseconds of a Retry-After that are obeyed at most. GitHub and most rate limits ask for up to a minute or a few;
 * a server that asks for a day (a typing error, or a polite no) would otherwise hold the run that long.
 */
export const RETRY_AFTER_MOST_MS = 5 * 60_000;

/** Redirects followed for one URL at most, as the Fetch Standard says (https://fetch.spec.whatwg.org/#http-redirect-fetch). */
export const MAX_REDIRECTS = 20;

/**
 * Bytes of an unfinished body from which on it is kept to be continued: below, fetching it again costs about as much as
 * asking for the rest, and two files would have to be written for every small one.
 */
export const KEEP_PARTIAL_FROM = 2 ** 20;

/**
 * Whether files are forced to the disk before they get their names. Not needed to survive the end of the process, however
 * it ends; only a power cut can then leave a file whose size is right and whose bytes aren't. With it, each file costs a
 * write to the disk: some hundred files a second on an SSD, some ten on a hard disk.
 */
export const SYNC_FILES = false;
