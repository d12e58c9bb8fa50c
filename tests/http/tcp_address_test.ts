import { assertEquals, assertThrows } from "@std/assert";
import { tcpAddress } from "../../lib/http/tcp_address.ts";

Deno.test.each([
  ["http://a/", "a", 80],
  ["https://a/", "a", 443],
  ["http://a:8000/b", "a", 8000],
  ["http://[::1]:8000/", "::1", 8000],
  ["https://[::1]/", "::1", 443],
  ["http://127.0.0.1/", "127.0.0.1", 80],
])("tcpAddress() of %s is %s, port %d", (url, hostname, port) => {
  assertEquals(tcpAddress(new URL(url as string)), { hostname: hostname as string, port: port as number });
});

Deno.test.each([["http://a:0/"], ["https://a:00/b"]])(
  "tcpAddress() refuses %s, and takes no other port for it",
  (url) => {
    assertThrows(() => tcpAddress(new URL(url as string)), TypeError, "nothing can listen on port 0");
  },
);
