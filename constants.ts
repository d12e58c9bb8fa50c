/**
 * The numbers to turn, with their units and the reasons for their values: those that the scripts show, that `--help` gives
 * as defaults, and that several rooms share. What only one room uses stands in the file that uses it.
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

/** Requests in flight at most in one isolate: above about 10,000, the CPU that Deno's fetch needs grows faster than the work. */
export const MAX_IN_FLIGHT = 10_000;

/**
 * Requests in flight at most in each isolate of `optimized`. Measured on two cores with 100,000 pages of one second: 6,000
 * take an eighth longer; 10,000 as long, for more memory.
 */
export const IN_FLIGHT_PER_ISOLATE = 8_000;

/**
 * Requests in flight at most in `download`, in all isolates together. One takes about 2 KB on connections of our own, where
 * `fetch` takes 46, so what limits them is the server.
 */
export const DOWNLOADS_IN_FLIGHT = 100_000;

/**
 * Connections at most in each isolate of `download` but the first, which has the others. Whatever needs thousands at once
 * waits, and one isolate can wait for all of it; a second one helps to compute, and computing needs few.
 */
export const WORKER_CONNECTIONS = 1_000;

/** Isolates that can compute at the same time. */
export const CORES: number = navigator.hardwareConcurrency;

/**
 * The same in `download`, whether files are saved or not: over connections of our own a page takes about 10 us, so that a
 * second isolate has nothing to earn in a run of few seconds.
 */
export const WORKER_EARNED_OWN_MS = 3_000;

/**
 * HTTP/2 streams kept open on one connection. Servers cap them and leave the rest queued (Deno.serve: 200;
 * RFC 9113 §6.5.2 recommends no less than 100), which is why one client isn't enough and a pool is needed.
 */
export const STREAMS_PER_CLIENT = 200;

/** Retries after a temporary failure. Three ride out a restart of the server, not an outage. */
export const RETRIES = 3;

/** Milliseconds the first retry waits at most; each further one at most twice as long. Half a second spares a busy server. */
export const BACKOFF_MS = 500;

/**
 * Milliseconds that a host may be away, or refuse whatever it is asked, before the downloads that wait for it fail; also how
 * long one download may be refused before that takes up its retries. Two minutes are longer than a deployment or the restart
 * of a machine takes; a host that is gone for good holds up the end of a run that long.
 */
export const RETRY_MAX_TIME_MS = 2 * 60_000;

/** Milliseconds from the start of an attempt to the response's headers. Browsers and curl wait longer; a list can't. */
export const CONNECT_TIMEOUT_MS = 30_000;

/** Milliseconds a body may stay silent between two chunks. */
export const IDLE_TIMEOUT_MS = 30_000;

/** Milliseconds one attempt may take as a whole: long enough for 1 GiB at 1 MB/s. */
export const TIMEOUT_MS = 20 * 60_000;

/** Servers whose HTTP version is remembered; a list of millions of hosts must not fill memory. */
export const MAX_REMEMBERED_ORIGINS = 10_000;

/** Milliseconds a child server has to say where it listens: its first start may have to load packages. */
export const SERVER_START_TIMEOUT_MS = 60_000;

/** Milliseconds between two drawings of progress in a terminal: fluent to the eye, and nothing beside the run's own work. */
export const PROGRESS_REDRAW_MS = 200;

/**
 * Pages each strategy downloads in `deno task demo`: each as many as it does in a few seconds, so that the whole takes under
 * half a minute. At the same number for all either `simple` would take hours or the others would seem alike.
 */
export const DEMO_TRIALS = { simple: 10, threaded: 100, async: 10_000, optimized: 10_000, download: 10_000 } as const;

/**
 * Bytes of an unfinished body from which on it is kept to be continued: below, fetching it again costs about as much as
 * asking for the rest, and two files would have to be written for every small one.
 */
export const KEEP_PARTIAL_FROM = 2 ** 20;

/**
 * Whether files are forced to the disk before they get their names. Not needed to survive the end of the process, however
 * it ends; only a power cut can then leave a file whose size is right and whose bytes aren't. With it, each file costs a
 * write to the disk: about a hundred files per second on an SSD, about ten on a hard disk.
 */
export const SYNC_FILES = false;

/** Pages each strategy downloads in `deno task race`: few enough to see each in the picture, and not to wait long for `simple`. */
export const RACE_TRIALS = 24;

/** Milliseconds the website of `deno task race` waits: with `RACE_TRIALS`, `simple` takes a dozen seconds. */
export const RACE_DELAY_MS = 500;

/** What requests say they come from, so that whoever runs a server knows whom to talk to, or to keep out. */
export const USER_AGENT = "download-stuff-with-deno/1.1";

/**
 * Files downloaded at once, from all hosts together, by default. Enough to keep a dozen hosts busy; each
 * takes an open file and a connection, and systems give a process 1,024 of both by default.
 */
export const FILES_IN_FLIGHT = 400;

/**
 * Requests in flight to one host when files are saved, by default. Measured with files of 10 KB over HTTP/1.1:
 * 16 to 32 take the least CPU, and more keep no usual line busier. curl takes 50, wget2 5, a browser 6 over HTTP/1.1.
 */
export const PER_HOST = 32;

/**
 * Bytes of a body that is read in one go, which takes half the CPU of reading it in chunks. It arrives, or doesn't, as a
 * whole within the idle deadline, and so must be small: this much takes 16 s where a line gives each request 1 KB/s.
 */
export const ONE_GO_BYTES = 16_384;
