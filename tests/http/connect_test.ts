import { assertEquals, assertRejects } from "@std/assert";
import { connectTcp } from "../../lib/http/connect.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net");

/** Listens, and closes what is accepted, while `use` runs. */
async function listening(use: (address: { hostname: string; port: number }) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) connection.close();
  })();
  await use({ hostname: "127.0.0.1", port: listener.addr.port });
  listener.close();
  await accepting;
}

test("connectTcp() connects, and throws what Deno.connect does where nobody listens", async () => {
  await listening(async (address) => {
    const { signal } = new AbortController();
    using connection = await connectTcp({ ...address, signal });
    assertEquals(await connection.read(new Uint8Array(1)), null);
  });
  const { signal } = new AbortController();
  await assertRejects(() => connectTcp({ hostname: "127.0.0.1", port: 1, signal }), Deno.errors.ConnectionRefused);
});

test("connectTcp() throws the reason it is aborted for, before and while it connects", async () => {
  await listening(async (address) => {
    const reason = new Error("enough");
    await assertRejects(() => connectTcp({ ...address, signal: AbortSignal.abort(reason) }), Error, "enough");
    const aborter = new AbortController();
    const connecting = connectTcp({ ...address, signal: aborter.signal });
    aborter.abort(reason);
    await assertRejects(() => connecting, Error, "enough");
  });
});

// With Deno.connect alone, some of these are left open, and the test's resource sanitizer says so
test("connectTcp() leaves no connection open that is there when it is aborted", async () => {
  await listening(async (address) => {
    for (let n = 0; n < 200; n++) {
      const aborter = new AbortController();
      const connecting = connectTcp({ ...address, signal: aborter.signal });
      setTimeout(() => aborter.abort(new Error("enough")), 0);
      // As long as this takes, the connection and the timer both become ready, and are seen in one turn
      for (const start = performance.now(); performance.now() - start < 2;);
      (await connecting.catch(() => undefined))?.close();
    }
  });
});
