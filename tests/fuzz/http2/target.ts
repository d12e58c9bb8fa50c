/** Target `http2`: a connection of our own to a server in memory whose frames are right, in rare ways, or wrong. */

import type { AnswerHeaders, AnswerReader } from "../../../lib/core/answer.ts";
import { Client } from "../../../lib/http/client.ts";
import { Http2Connection } from "../../../lib/http/http2/connection.ts";
import { Http2Error } from "../../../lib/http/http2/error.ts";
import { isSame, joined, shown } from "../bytes.ts";
import type { Random } from "../random.ts";
import type { Finding, Target } from "../target.ts";
import { turns, until } from "../turn.ts";
import { type Asking, describeCase, type Http2Case, isLeft, smallerCases } from "./case.ts";
import { Http2Conn } from "./conn.ts";
import { generateCase } from "./generate.ts";
import { type Came, verdictOf } from "./oracle.ts";

/** Milliseconds that something may take which waits for nothing from outside. */
const HANG_MS = 3_000;

/** An address that nobody has (RFC 5737). */
const HOST = "192.0.2.3";

/** What a request came to. */
interface Got {
  status?: number;
  headers?: AnswerHeaders;
  body: Uint8Array;
  isWhole: boolean;
  isSettled: boolean;
  error?: unknown;
}

/** An answer, as both sides of the door give it. */
interface Answered {
  status: number;
  headers: AnswerHeaders;
  bytes(): Promise<Uint8Array>;
  reader?: AnswerReader;
}

/** Sends the request of a stream; `cancel` gives it up. */
type Sender = (asking: Asking) => { answer: Promise<Answered>; cancel: () => void };

export class Http2Target implements Target<Http2Case> {
  readonly name = "http2";
  readonly about = "HTTP/2 frames and blocks of headers, on connections in memory";
  readonly abreast = 1;
  readonly weight = 5;
  readonly counts: Record<string, number> = {};

  generate(random: Random): Http2Case {
    return generateCase(random);
  }

  describe(one: Http2Case): string {
    return describeCase(one);
  }

  smaller(one: Http2Case): Iterable<Http2Case> {
    return smallerCases(one);
  }

  async run(one: Http2Case): Promise<Finding | undefined> {
    const conn = new Http2Conn(one);
    using door = one.byClient ? clientTo(conn) : connectionTo(conn);
    const got = one.asked.map((): Got => ({ body: new Uint8Array(), isWhole: false, isSettled: false }));
    const cancels = one.asked.map((asking, n) => {
      const { answer, cancel } = door.send(asking);
      read(answer, cancel, asking, got[n]).catch((error) => got[n].error = error).finally(() =>
        got[n].isSettled = true
      );
      return cancel;
    });
    const allSettled = () => got.every(({ isSettled }) => isSettled);
    if (!await until(() => conn.isOver || conn.isClosed, HANG_MS)) return { rule: "stops reading", detail: "" };
    const { streams, broken } = verdictOf(
      conn.sent,
      one.asked.map((asking) => ({ ...asking, isLeft: isLeft(asking) })),
      one.isPolite,
    );
    const mustSettle = () => {
      return one.ending === "open" && broken === undefined
        ? got.every(({ isSettled }, n) => isSettled || streams.get(2 * n + 1)?.state === "open")
        : allSettled() && conn.isClosed;
    };
    const settled = await until(mustSettle, HANG_MS);
    for (const cancel of cancels) cancel();
    door.close();
    if (!settled) {
      return { rule: "hangs", detail: `broken: ${broken}; closed: ${conn.isClosed}; ${JSON.stringify(got)}` };
    }
    if (!await until(() => allSettled() && conn.isClosed, HANG_MS)) return { rule: "hangs when closed", detail: "" };
    if (door.inFlight > 0) return { rule: "keeps streams", detail: `${door.inFlight}` };
    if (conn.violation) return { rule: "breaks the protocol itself", detail: conn.violation };
    for (const [n, asking] of one.asked.entries()) {
      const came = streams.get(2 * n + 1);
      // The head is all there is to a HEAD, and a client gives it at once
      if (one.byClient && asking.isHead && came?.status !== undefined) {
        Object.assign(came, { state: "whole", data: [], isSure: false });
      }
      const finding = came && this.#judge(asking, came, got[n]);
      if (finding) {
        return { ...finding, detail: `stream ${2 * n + 1}: ${finding.detail} (connection: ${broken ?? "right"})` };
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #judge(asking: Asking, came: Came, got: Got): Finding | undefined {
    const { error } = got;
    const data = joined(...came.data);
    const detail =
      `${came.state}, ${came.isSure ? "surely" : "perhaps"}, ${data.length} of ${came.length} bytes sent; ` +
      `${got.isWhole ? "whole" : String(error)} with ${got.body.length} bytes ${shown(got.body, 60)}`;
    if (got.status !== undefined && got.status !== came.status) return { rule: "gives another status", detail };
    for (const { name, value } of got.headers ? came.fields : []) {
      const value_ = came.fields.filter((field) => field.name === name).map(({ value }) => value).join(", ");
      if (got.headers?.get(name) !== value_) return { rule: "gives other headers", detail: `${name}: ${value}` };
    }
    if (!isSame(got.body, data.subarray(0, got.body.length))) return { rule: "gives other bytes", detail };
    if (got.isWhole && (came.state !== "whole" || got.body.length !== data.length)) {
      return { rule: "calls a body whole that isn't", detail };
    }
    if (!got.isWhole && !isLeft(asking) && came.state === "whole" && came.isSure) {
      return { rule: "refuses what is right", detail };
    }
    if (error !== undefined && !isKnown(error)) {
      return { rule: `fails of ${error}`, detail: String((error as Error).stack) };
    }
    const what = got.isWhole ? "bodies whole" : isLeft(asking) ? "bodies left" : "answers that failed";
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** Whether an error says what it has to: of what kind it is. */
function isKnown(error: unknown): boolean {
  return error instanceof Http2Error || error instanceof Deno.errors.ConnectionRefused || error === OVER;
}

const OVER = new Error("it is over");

async function read(answer: Promise<Answered>, cancel: () => void, asking: Asking, got: Got): Promise<void> {
  const { way, view, pause } = asking;
  if (way === "abort") cancel();
  const { status, headers, bytes, reader } = await answer;
  Object.assign(got, { status, headers });
  await turns(pause);
  if (way === "leave") return;
  let body = new Uint8Array(1_024);
  let size = 0;
  const note = (value: Uint8Array) => {
    if (size + value.length > body.length) body = joined(body, new Uint8Array(body.length + value.length));
    body.set(value, size);
    got.body = body.subarray(0, size += value.length);
  };
  for (let n = 0; way !== "bytes" && reader; n++) {
    const { done, value } = await reader.read(new Uint8Array(view));
    if (value) note(value);
    if (done) {
      got.isWhole = true;
      return;
    }
    if (way === "cancel" && n === 1) return cancel();
    if (way === "both" && n === 1) break;
    if (n % 64 === 0) await turns(pause);
  }
  note(await bytes());
  got.isWhole = true;
}

interface Door extends Disposable {
  send: Sender;
  close(): void;
  readonly inFlight: number;
}

function connectionTo(conn: Http2Conn): Door {
  const connection = new Http2Connection(conn as unknown as Deno.TcpConn, { scheme: "http", authority: "test" });
  const close = () => connection.close(OVER);
  return {
    send({ isHead }) {
      const stream = connection.get("/", [], { method: isHead ? "HEAD" : "GET" });
      const answer = stream.head.then(({ status, headers }) => {
        return { status, headers, bytes: () => stream.bytes(), reader: stream.getReader() };
      });
      return { answer, cancel: () => stream.abort(OVER) };
    },
    close,
    get inFlight() {
      return connection.inFlight;
    },
    [Symbol.dispose]: close,
  };
}

/** A client whose first connection is this one, and who gets no other. */
function clientTo(conn: Http2Conn): Door {
  const { connect } = Deno;
  let isTaken = false;
  const once = (options: Deno.ConnectOptions) => {
    if (options.hostname !== HOST) return connect(options);
    if (isTaken) return Promise.reject(new Deno.errors.ConnectionRefused("Connection refused (os error 111)"));
    isTaken = true;
    return Promise.resolve(conn as unknown as Deno.TcpConn);
  };
  Deno.connect = once as typeof Deno.connect;
  const client = new Client({ http: 2 });
  return {
    send({ isHead }) {
      const aborter = new AbortController();
      const { signal } = aborter;
      const init = { headers: {}, signal, redirect: "manual", method: isHead ? "HEAD" : "GET" } as const;
      const answer = client.send(`http://${HOST}/`, init).then((answer) => {
        const { status, headers } = answer;
        return { status, headers, bytes: () => answer.bytes(), reader: answer.body?.getReader({ mode: "byob" }) };
      });
      return { answer, cancel: () => aborter.abort(OVER) };
    },
    close: () => client[Symbol.dispose](),
    inFlight: 0,
    [Symbol.dispose]() {
      client[Symbol.dispose]();
      Deno.connect = connect;
    },
  };
}
