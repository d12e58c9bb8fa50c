import { assertEquals } from "@std/assert";
import { whyNot } from "../../../tasks/race_web/guard.ts";

const PORT = 1234;
const HOST = `127.0.0.1:${PORT}`;

const isLetIn = (method: string, headers: Record<string, string>) =>
  whyNot(new Request(`http://${HOST}/`, { method, headers }), PORT) === undefined;

Deno.test("whyNot() lets the page itself read and start", () => {
  assertEquals(isLetIn("GET", { host: HOST }), true);
  assertEquals(isLetIn("GET", { host: `localhost:${PORT}`, "sec-fetch-site": "none" }), true);
  assertEquals(isLetIn("POST", { host: HOST, origin: `http://${HOST}`, "sec-fetch-site": "same-origin" }), true);
  assertEquals(isLetIn("POST", { host: `localhost:${PORT}`, origin: `http://localhost:${PORT}` }), true);
});

Deno.test("whyNot() keeps out whoever lets a name of theirs point here (DNS rebinding)", () => {
  for (
    const host of [
      "evil.test",
      `evil.test:${PORT}`,
      "127.0.0.1",
      `127.0.0.1:${PORT + 1}`,
      `127.0.0.1.evil.test:${PORT}`,
    ]
  ) {
    assertEquals(isLetIn("GET", { host }), false, host);
    assertEquals(isLetIn("POST", { host, origin: `http://${host}` }), false, host);
  }
  assertEquals(isLetIn("GET", {}), false, "no host at all");
});

Deno.test("whyNot() keeps out other websites that are open in the same browser", () => {
  for (
    const origin of [
      "http://evil.test",
      "null",
      `https://${HOST}`,
      `http://127.0.0.1:${PORT + 1}`,
      `http://localhost:${PORT}`,
    ]
  ) {
    for (const method of ["GET", "POST"]) {
      assertEquals(isLetIn(method, { host: HOST, origin }), false, `${method} ${origin}`);
    }
  }
  for (const site of ["cross-site", "same-site", "none"]) {
    const headers = { host: HOST, origin: `http://${HOST}`, "sec-fetch-site": site };
    assertEquals(isLetIn("POST", headers), false, site);
  }
  assertEquals(isLetIn("POST", { host: HOST }), false, "no origin at all");
});
