import { assert, assertEquals } from "@std/assert";
import type { Answer, OverTaker } from "../../lib/core/answer.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { settle } from "../../lib/core/settings.ts";
import { downloadPage, type SendTo } from "../../lib/engine/download_page.ts";
import { Session } from "../../lib/engine/session.ts";
import type { Ending } from "../../lib/http/watched.ts";

/** What a test can do with an answer whose body comes later. */
interface Coming {
  /** The body is there, or has broken off with an error. */
  end(body: string | Error): void;
  /** Whether somebody waits for its end. */
  isAwaited(): boolean;
}

/** An answer whose head is there and whose body isn't. */
function coming(length: number | undefined): Answer & Coming {
  let ended: string | Error | undefined;
  let taker: OverTaker | undefined;
  let start = (_: ReadableByteStreamController) => {};
  const body = new ReadableStream({ type: "bytes", start: (controller) => start = give.bind(null, controller) });
  function give(controller: ReadableByteStreamController) {
    if (ended instanceof Error) return controller.error(ended);
    if (ended) controller.enqueue(new TextEncoder().encode(ended));
    controller.close();
    controller.byobRequest?.respond(0);
  }
  const response = new Response(body, { headers: length === undefined ? {} : { "content-length": `${length}` } });
  return Object.assign(response, {
    taken: () => typeof ended === "string" ? new TextEncoder().encode(ended) : undefined,
    whenOver: (who: OverTaker) => ended === undefined && (taker = who) !== undefined,
    end(as: string | Error) {
      ended = as;
      start(undefined as never);
      taker?.onOver();
    },
    isAwaited: () => taker !== undefined,
  });
}

/** Downloads a page that must be 42. */
async function page(answer: Answer, then: (ending: Ending) => void | Promise<void>): Promise<Outcome> {
  using session = new Session(settle({}, { concurrency: 1 }), new AbortController().signal);
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const ended = { settle: resolve, fail: reject };
  let ending: Ending | undefined;
  const send: SendTo = Object.assign(() => Promise.reject(new Error("by a promise")), {
    isOwn: true,
    to: (_: string, init: { ending?: Ending }, taker: { onAnswer(answer: Answer): void }) => {
      ending = init.ending;
      taker.onAnswer(answer);
    },
  });
  downloadPage({ job: { id: 1, attempt: 1, url: "http://a/42", expected: 42 }, session, send, ended });
  await Promise.resolve();
  assert(ending);
  await then(ending);
  return await promise;
}

Deno.test("downloadPage() waits for a short body that is announced, and takes it as a whole", async () => {
  const answer = coming(2);
  const outcome = await page(answer, () => {
    assert(answer.isAwaited());
    answer.end("42");
  });
  assertEquals([outcome.result, outcome.bytes, outcome.status], ["done", 2, 200]);
});

Deno.test("downloadPage() takes no other body for the page", async () => {
  const answer = coming(2);
  const outcome = await page(answer, () => answer.end("43"));
  assert(outcome.result === "failed");
  assertEquals(outcome.kind, "unexpected-value");
});

for (const length of [undefined, 1_025, 10 ** 12]) {
  Deno.test(`downloadPage() doesn't wait for the end of a body of ${length ?? "unknown"} bytes`, async () => {
    const answer = coming(length);
    const outcome = await page(answer, () => {
      assert(!answer.isAwaited());
      answer.end("42");
    });
    assertEquals(outcome.result, "done");
  });
}
