import { assert, assertEquals, assertMatch } from "@std/assert";
import { USER_AGENT } from "../../constants.ts";
import { PROJECT_VERSION, versionLine } from "../../lib/cli/version.ts";
import { scriptArgs } from "../../lib/cli/script_args.ts";
import { TITLES } from "../../tasks/strategies.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("run", "read");

const ROOT = new URL("../../", import.meta.url);

Deno.test("The version is a semantic one, and the User-Agent header says it as far as its meaning goes", () => {
  assertMatch(PROJECT_VERSION, /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/);
  assertEquals(USER_AGENT.split("/")[1], PROJECT_VERSION.split(".").slice(0, 2).join("."));
  assertEquals(
    versionLine({ deno: "2.9.6", target: "x" }),
    `download-stuff ${PROJECT_VERSION} (deno 2.9.6, x)`,
  );
});

for (const script of [...TITLES, "server"]) {
  test(`${script}.ts prints the version, and what makes shells complete its flags, and does nothing else`, async () => {
    const said = async (...flags: string[]) => {
      const args = ["run", "--no-prompt", `${script}.ts`, ...flags];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      return new TextDecoder().decode(stdout);
    };
    assertEquals(await said("--version"), `${versionLine()}\n`);
    assertEquals(await said("-V"), `${versionLine()}\n`);
    assert((await said("--completions", "bash")).startsWith("_download_stuff"));
  });
}

Deno.test("scriptArgs() tells a script that runs from one that is imported, also as a word of the one program", () => {
  const started = (mainModule: string, ...args: string[]) => ({ args, mainModule: () => mainModule });
  const [own, program] = ["file:///x/server.ts", "file:///x/tasks/program.ts"];
  assertEquals(scriptArgs("server", true, started(own, "--port", "1")), ["--port", "1"]);
  assertEquals(scriptArgs("server", true, started(own, "server")), ["server"]);
  assertEquals(scriptArgs("server", false, started(program, "server", "--port", "1")), ["--port", "1"]);
  assertEquals(scriptArgs("server", false, started(program, "urls.txt")), undefined);
  assertEquals(scriptArgs("server", false, started("file:///x/other.ts", "server")), undefined);
});

test("The one program is download.ts, and server.ts by its word", async () => {
  const help = async (...args: string[]) => {
    const options = { args: ["run", "--no-prompt", "-R", ...args, "--help"], cwd: ROOT };
    return new TextDecoder().decode((await new Deno.Command(Deno.execPath(), options).output()).stdout);
  };
  assertEquals(await help("tasks/program.ts"), await help("download.ts"));
  assertEquals(await help("tasks/program.ts", "server"), await help("server.ts"));
});
