import { assert, assertEquals, assertThrows } from "@std/assert";
import { type HostSettings, HostTable, settleHosts } from "../../lib/core/host_settings.ts";

const login = { user: "me", password: "secret" };

Deno.test("settleHosts() takes names as URLs spell them, and leaves out what isn't said", () => {
  const { hosts } = settleHosts({
    hosts: {
      "Example.COM": { concurrency: 2 },
      "*.example.com": { rate: 0.5, headers: { "X-Key": "k" } },
      "example.com:080": { login },
      "bücher.example": {},
      "[::1]:8080": {},
    },
  });
  assertEquals(hosts, {
    "example.com": { concurrency: 2 },
    "*.example.com": { rate: 0.5, headers: { "x-key": "k" } },
    "example.com:80": { login },
    "xn--bcher-kva.example": {},
    "[::1]:8080": {},
  });
  assertEquals(settleHosts({}), { hosts: {} });
  assertEquals(Object.keys(settleHosts(JSON.parse('{"hosts":{"__proto__":{"rate":1}}}')).hosts), ["__proto__"]);
});

for (
  const [hosts, message] of [
    [{ "https://a": {} }, "it has https://a"],
    [{ "a/b": {} }, "it has a/b"],
    [{ "*": {} }, "it has *"],
    [{ "a.*": {} }, "it has a.*"],
    [{ "*a.b": {} }, "it has *a.b"],
    [{ "*.1.2.3.4": {} }, "it has *.1.2.3.4"],
    [{ "": {} }, "it has "],
    [{ "u:p@a": {} }, "such as example.com"],
    [{ a: { limit: 3 } }, 'has "limit" for a: did you mean login?'],
    [{ a: { consurrency: 3 } }, "did you mean concurrency?"],
    [{ a: { login: { user: "u", pasword: "p" } } }, 'has "pasword" for the login of a: did you mean password?'],
    [{ a: { concurrency: 0 } }, 'hosts["a"].concurrency takes a whole number of at least 1: it is 0'],
    [{ a: { concurrency: 1.5 } }, "it is 1.5"],
    [{ a: { concurrency: "3" } }, 'hosts["a"].concurrency'],
    [{ a: { rate: 0 } }, 'hosts["a"].rate'],
    [{ a: { rate: null } }, 'hosts["a"].rate'],
    [{ a: { headers: ["x"] } }, "has headers for a that can't be sent"],
    [{ a: { headers: { "x y": "secret" } } }, "has headers for a that can't be sent"],
    [{ a: { headers: { x: 1 } } }, "has headers for a that can't be sent"],
    [{ a: { login: "me:secret" } }, "takes a login with a user and a password: for a it isn't"],
    [{ a: { login: { user: "m:e", password: "secret" } } }, "for a it has others"],
    [{ a: { login: { user: "me" } } }, "for a it has others"],
    [{ a: 3 }, "for a it has none"],
    [{ a: {}, A: {} }, "has a twice"],
    [[], "it is none"],
  ] as const
) {
  Deno.test(`settleHosts() refuses ${JSON.stringify(hosts)}, and quotes no secret`, () => {
    const error = assertThrows(() => settleHosts({ hosts: hosts as unknown as Record<string, HostSettings> }));
    assert(error instanceof TypeError || error instanceof RangeError);
    assert(error.message.includes(message) && !error.message.includes("secret"), error.message);
  });
}

Deno.test("HostTable takes each setting from the narrowest name that has it", () => {
  const table = new HostTable({
    "*.example.com": { concurrency: 1, rate: 1 },
    "*.b.example.com": { concurrency: 2 },
    "a.b.example.com": { login },
    "a.b.example.com:8080": { rate: 8 },
    "*.example.com:443": { headers: {} },
    "example.org": { rate: 5 },
  });
  assertEquals(table.for("a.b.example.com", "80"), { concurrency: 2, rate: 1, login });
  assertEquals(table.for("a.b.example.com:8080", "80"), { concurrency: 2, rate: 8, login });
  assertEquals(table.for("c.example.com", "443"), { concurrency: 1, rate: 1, headers: {} });
  assertEquals(table.for("c.example.com"), { concurrency: 1, rate: 1 });
  for (const host of ["example.com", "badexample.com", "example.com.evil", "sub.example.org", "[::1]", "[::1]:80"]) {
    assertEquals(table.for(host, "80"), {}, host);
  }
  assertEquals(table.for("example.org:81"), { rate: 5 });
});
