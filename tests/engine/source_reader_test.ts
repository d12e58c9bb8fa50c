import { assertEquals } from "@std/assert";
import type { Skipped } from "../../lib/core/outcome.ts";
import { Meter } from "../../lib/core/meter.ts";
import type { Source } from "../../lib/core/source.ts";
import { SourceReader, type SourceReaderOptions } from "../../lib/engine/source_reader.ts";

function setUp(source: Source, enter?: SourceReaderOptions["enter"]) {
  const meter = new Meter();
  const skipped: Skipped[] = [];
  const errors: unknown[] = [];
  const told = { ready: 0 };
  const reader = new SourceReader(source, {
    ...{ meter, enter },
    onReady: () => told.ready++,
    onSkipped: (outcome) => skipped.push(outcome),
    onError: (cause) => errors.push(cause),
  });
  return { reader, meter, skipped, errors, told };
}

/** An async source whose answers are given by hand. */
function byHand() {
  const asked: PromiseWithResolvers<IteratorResult<string, undefined>>[] = [];
  const next = () => {
    const answer = Promise.withResolvers<IteratorResult<string, undefined>>();
    asked.push(answer);
    return answer.promise;
  };
  return { asked, source: { [Symbol.asyncIterator]: () => ({ next }) } };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("SourceReader says that it has ended once the source has, not with its last job", () => {
  const { reader, meter } = setUp(["/0"]);
  assertEquals(reader.next(), { id: 0, attempt: 1, url: "/0" });
  assertEquals([reader.isEnded, meter.isRead], [false, false]);
  assertEquals(reader.next(), undefined);
  assertEquals([reader.isEnded, meter.isRead], [true, true]);
});

Deno.test("SourceReader says when an async source has answered, and asks it for nothing until then", async () => {
  const { asked, source } = byHand();
  const { reader, told } = setUp(source);
  assertEquals([reader.next(), reader.next(), asked.length, told.ready], [undefined, undefined, 1, 0]);
  asked[0].resolve({ done: false, value: "/0" });
  await turn();
  assertEquals([told.ready, reader.next()], [1, { id: 0, attempt: 1, url: "/0" }]);
});

Deno.test("SourceReader asks an async source for nothing further when a pause ends before its answer", async () => {
  const { asked, source } = byHand();
  const { reader, told } = setUp(source);
  reader.next();
  reader.pause();
  await turn();
  assertEquals([told.ready, reader.next(), asked.length], [1, undefined, 1]);
});

Deno.test("SourceReader pauses for one turn, however often it is told to", async () => {
  const { reader, told } = setUp(["/0"]);
  reader.pause();
  reader.pause();
  assertEquals(reader.next(), undefined);
  await turn();
  assertEquals([told.ready, reader.next()], [1, { id: 0, attempt: 1, url: "/0" }]);
});

Deno.test("SourceReader that was stopped gives nothing more and leaves no timer", async () => {
  const { reader, meter, told } = setUp([["/0", "/1"]]);
  reader.next();
  reader.pause();
  reader.stop();
  reader.pause();
  await turn();
  assertEquals([reader.next(), reader.isEnded, meter.isRead, told.ready], [undefined, true, false, 0]);
});

Deno.test("SourceReader numbers what it skips", () => {
  const { reader, meter, skipped } = setUp(
    ["/0", "/1"],
    ({ url }) => url === "/0" ? { state: "done", file: "f", bytes: 3 } : { state: "unsaved" },
  );
  assertEquals([reader.next(), reader.next()], ["skipped", { id: 1, attempt: 1, url: "/1" }]);
  assertEquals(skipped.map(({ id, reason, file, size }) => [id, reason, file, size]), [[0, "there", "f", 3]]);
  assertEquals(meter.asked, 2);
});

Deno.test("SourceReader passes on what a source throws, also when it is left", async () => {
  const errors = [new Error("next"), new Error("enter"), new Error("return")];
  const iterator = {
    next() {
      throw errors[0];
    },
    return() {
      throw errors[2];
    },
  };
  const broken = setUp({ [Symbol.iterator]: () => iterator });
  assertEquals(broken.reader.next(), undefined);
  await broken.reader.leave();
  assertEquals(broken.errors, [errors[0], errors[2]]);
  const refused = setUp(["/0"], () => {
    throw errors[1];
  });
  assertEquals([refused.reader.next(), refused.errors], [undefined, [errors[1]]]);
});
