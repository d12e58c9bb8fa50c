import { assertEquals } from "@std/assert";
import { stopSignals } from "../../site/stop.ts";

Deno.test("stopSignals() are those that each system has for asking a process to end", () => {
  assertEquals(stopSignals("linux"), { SIGINT: 2, SIGTERM: 15 });
  assertEquals(stopSignals("darwin"), { SIGINT: 2, SIGTERM: 15 });
  assertEquals(stopSignals("windows"), { SIGINT: 2, SIGBREAK: 2, SIGHUP: 1 });
});
