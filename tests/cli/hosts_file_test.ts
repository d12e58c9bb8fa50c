import { assert, assertEquals, assertRejects } from "@std/assert";
import { readHostsFile } from "../../lib/cli/hosts_file.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

const LOGIN = { "a.example": { login: { user: "me", password: "secret" } } };

/** Reads a file with a text in it, and says what came of it and what was said. */
async function read(text: string, { mode = 0o600, isShared = false } = {}) {
  const path = await Deno.makeTempFile();
  const said: string[] = [];
  try {
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
    return { hosts: await readHostsFile(path, { isShared, say: (line) => said.push(line) }), said, path };
  } finally {
    await Deno.remove(path);
  }
}

test("readHostsFile() reads what holds for hosts, and says nothing", async () => {
  assertEquals((await read('{"A.example":{"rate":2}}', { mode: 0o644 })).hosts, { "a.example": { rate: 2 } });
  const { hosts, said } = await read(JSON.stringify(LOGIN));
  assertEquals([hosts, said], [LOGIN, []]);
});

test("readHostsFile() warns if others can read a password", async () => {
  for (const mode of [0o644, 0o640, 0o604]) {
    const { said, path } = await read(JSON.stringify(LOGIN), { mode });
    assertEquals(said, [`${path} has passwords, and others can read it (mode ${mode.toString(8)}): chmod 600 ${path}`]);
  }
});

for (
  const [what, text, message] of [
    ["what is no JSON", '{"a":\n{"login":{"password":"secret"}', "it is no JSON"],
    ["what is no JSON, with the line", '{"a":\n{"login":{"password":"secret" x}}', "it is no JSON in line 2"],
    ["unknown keys", '{"a":{"rat":1}}', 'it has "rat" for a: did you mean rate?'],
    ["a list", "[]", "it takes an object"],
    ["nothing", "null", "it takes an object"],
  ] as const
) {
  test(`readHostsFile() refuses ${what}, and quotes no secret`, async () => {
    const error = await assertRejects(() => read(text), UsageError, message);
    assert(error.message.startsWith("--hosts ") && !error.message.includes("secret"), error.message);
  });
}

test("readHostsFile() says that there is no file", async () => {
  await assertRejects(() => readHostsFile("/nowhere/hosts.json", { say() {} }), UsageError, "No such file");
});

test("readHostsFile() gives no password to a broker", async () => {
  const error = await assertRejects(() => read(JSON.stringify(LOGIN), { isShared: true }), UsageError, "--netrc");
  assert(!error.message.includes("secret"));
  assertEquals((await read('{"a":{"rate":1}}', { isShared: true })).hosts, { a: { rate: 1 } });
});
