import { assertEquals } from "@std/assert";
import { mayBeProxied } from "../lib/proxied.ts";
import { testNeeding } from "./needs.ts";

const test = await testNeeding("env");

const VARIABLES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/** Runs with these variables only, of those that name a proxy. */
function withEnvironment(values: Record<string, string>, run: () => void): void {
  const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of VARIABLES) Deno.env.delete(name);
    for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
    run();
  } finally {
    for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  }
}

test("mayBeProxied() is true when the run is told of a proxy", () => {
  withEnvironment({}, () => {
    assertEquals(mayBeProxied({ proxy: "http://127.0.0.1:9/" }), true);
    assertEquals(mayBeProxied({}), false);
  });
});

for (const name of VARIABLES) {
  test(`mayBeProxied() is true when ${name} is set, and not when it is empty`, () => {
    withEnvironment({ [name]: "http://127.0.0.1:9/" }, () => assertEquals(mayBeProxied({}), true));
    withEnvironment({ [name]: "" }, () => assertEquals(mayBeProxied({}), false));
  });
}

Deno.test({
  name: "mayBeProxied() is true when the environment can't be read",
  permissions: { env: false },
  fn() {
    assertEquals(mayBeProxied({}), true);
  },
});
