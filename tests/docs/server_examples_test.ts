import { assertEquals, assertStringIncludes } from "@std/assert";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const ROOT = new URL("../../", import.meta.url);

/** The first example of docs/server.md in a language, in a file at the project's root, as its imports want it. */
async function runExample(language: "ts" | "js", name: string, command: (file: string) => string[]) {
  const text = await Deno.readTextFile(new URL("docs/server.md", ROOT));
  const [, code] = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "m").exec(text) ?? [];
  assertStringIncludes(code, "my downloader retries");
  const directory = await Deno.makeTempDir();
  try {
    const file = `${directory}/${name}`;
    await Deno.writeTextFile(file, code.replaceAll('from "./', `from "${ROOT.href}`));
    const [program, ...args] = command(file);
    const { code: exit, stdout, stderr } = await new Deno.Command(program, { args, cwd: ROOT }).output();
    return { exit, said: new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

test("docs/server.md's example for Deno's test runner passes", async () => {
  const config = new URL("deno.json", ROOT).pathname;
  const { exit, said } = await runExample(
    "ts",
    "example_test.ts",
    (file) => [Deno.execPath(), "test", "-A", "--no-check", "--config", config, file],
  );
  assertEquals(exit, 0, said);
  assertStringIncludes(said, "1 passed");
});

const hasNode =
  await Deno.permissions.query({ name: "run", command: "node" }).then(({ state }) => state === "granted") &&
  await new Deno.Command("node", { args: ["--version"], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);

if (hasNode) {
  test("docs/server.md's example for Node's test runner passes", async () => {
    const { exit, said } = await runExample("js", "example.test.mjs", (file) => ["node", "--test", file]);
    assertEquals(exit, 0, said);
  });
}
