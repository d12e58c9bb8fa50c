import { assert, assertEquals } from "@std/assert";
import { CommandError, UsageError } from "../../lib/core/errors.ts";

Deno.test("CommandError ends a command with exit code 1, or another", () => {
  const cause = new Error("why");
  const error = new CommandError("no server there", { cause });
  assertEquals([error.name, error.message, error.exitCode, error.cause], ["CommandError", "no server there", 1, cause]);
  assertEquals(new CommandError("disk full", { exitCode: 3 }).exitCode, 3);
});

Deno.test("UsageError is a CommandError with exit code 2", () => {
  const error = new UsageError("unknown flag");
  assert(error instanceof CommandError);
  assertEquals([error.name, error.exitCode], ["UsageError", 2]);
});
