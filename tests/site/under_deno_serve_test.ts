import { assertEquals } from "@std/assert";
import { underDenoServe } from "../../site/command/under_deno_serve.ts";

/** What a process is taken for on each system. */
const on = (os: typeof Deno.build.os, commandLine: string[] | undefined, isSet = false) =>
  underDenoServe({ os, isSet: () => isSet, commandLine: () => commandLine });

Deno.test("underDenoServe() reads the command line on Linux, where it can be read", () => {
  assertEquals(on("linux", ["deno", "serve", "-A", "server.ts", ""]), true);
  assertEquals(on("linux", ["deno", "-q", "serve", "server.ts", ""]), true);
  assertEquals(on("linux", ["deno", "run", "-A", "server.ts", "serve", ""]), false);
  assertEquals(on("linux", ["download-stuff", "server", ""], true), false);
  assertEquals(on("linux", undefined), false);
});

Deno.test("underDenoServe() goes by DENO_SERVE on macOS and Windows", () => {
  for (const os of ["darwin", "windows"] as const) {
    assertEquals(on(os, ["deno", "run", ""], true), true);
    assertEquals(on(os, ["deno", "serve", ""]), false);
  }
});
