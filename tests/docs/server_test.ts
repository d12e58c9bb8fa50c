import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FAULTS, PARAMETER_LIST, queryName } from "../../site/parameters.ts";
import { TLS_FAULTS } from "../../site/tls/certificates.ts";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { spawnServer } from "../helpers/spawn_server.ts";

const test = await testNeeding("net", "run", "read", "write", "env");
const onSockets = testOnSockets(await testNeeding("net", "ffi", "run", "read", "write", "env"));

const DOCS = new URL("../../docs/server.md", import.meta.url);

onSockets("docs/server.md gives what it says, line by line", async () => {
  const text = await Deno.readTextFile(DOCS);
  const [, shell] = /^```shell\n([^]*?)^```$/m.exec(text) ?? [];
  assertStringIncludes(shell, "try() {");
  const rows = [...text.matchAll(/\| `(try [^`]*)` → `([^`]*)` *\|$/gm)].map(([, command, gives]) => ({
    command,
    gives,
  }));
  const faults = [...text.matchAll(/^\| `([A-Z_]+)` .*\| `(curl: [^`]*)` *\|$/gm)]
    .map(([, fault, gives]) => ({ command: `try 5 -d fault=${fault}`, gives }));
  const named = [...text.matchAll(/^\| `([A-Z_]+)` +\|.*\| `(?:curl:|try) [^`]*`/gm)].map(([, fault]) => fault);
  assertEquals(named.toSorted(), FAULTS.toSorted());
  rows.push(...faults);
  assert(rows.length >= PARAMETER_LIST.length + FAULTS.length);
  await using server = await spawnServer(["--delay", "10ms"]);
  const directory = await Deno.makeTempDir();
  try {
    for (const { command, gives } of rows) {
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `${shell.replaceAll("http://127.0.0.1:8000/", server.url)}${command}`],
        cwd: directory,
      }).output();
      assertStringIncludes(new TextDecoder("latin1").decode(new Uint8Array([...stdout, ...stderr])), gives, command);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

onSockets("docs/server.md says what curl says of each fault of TLS", async () => {
  const text = await Deno.readTextFile(DOCS);
  const [command] = /^curl .* --cacert .*$/m.exec(text) ?? [];
  const rows = [...text.matchAll(/^\| `(--tls[^`]*)` .*\| `([^`]*)` *\|$/gm)].map(([, flags, gives]) => ({
    flags,
    gives,
  }));
  assertEquals(rows.length, 1 + TLS_FAULTS.length);
  const directory = await Deno.makeTempDir();
  try {
    for (const { flags, gives } of rows) {
      const words = flags.replace("ca.pem", `${directory}/ca.pem`).split(" ");
      await using server = await spawnServer(["--delay", "0", ...words]);
      const said = await new Deno.Command("sh", {
        args: ["-c", String(command).replace("https://127.0.0.1:8000/", server.url)],
        cwd: directory,
      }).output();
      assertStringIncludes(new TextDecoder().decode(new Uint8Array([...said.stdout, ...said.stderr])), gives, flags);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

onSockets("docs/server.md says what curl says of each way to stand in front of a server", async () => {
  const text = await Deno.readTextFile(DOCS);
  const [command] = /^curl .* "http:\/\/127.0.0.1:8001\/.*$/m.exec(text) ?? [];
  const rows = [...text.matchAll(/^\| `--port 8001 (--upstream[^`]*)` .*\| `([^`]*)` *\|$/gm)];
  assert(rows.length >= 8);
  await using upstream = await spawnServer(["--delay", "100ms"]);
  for (const [, flags, gives] of rows) {
    const words = flags.replace("http://127.0.0.1:8000", upstream.url).split(" ");
    await using server = await spawnServer(words);
    const said = await new Deno.Command("sh", {
      // None of them waits: the deadline is for a machine that has nothing else to do
      args: ["-c", String(command).replace("-m 2 ", "-m 30 ").replace("http://127.0.0.1:8001/", server.url)],
    }).output();
    assertStringIncludes(
      new TextDecoder("latin1").decode(new Uint8Array([...said.stdout, ...said.stderr])),
      gives,
      flags,
    );
  }
});

test("docs/server.md's commands beside other tools start a server that answers", async () => {
  const text = await Deno.readTextFile(DOCS);
  const commands = [...text.matchAll(/\| `deno task server ([^`]*)` *\|$/gm)].map(([, flags]) => flags);
  assert(commands.length >= 7);
  for (const flags of new Set(commands)) {
    await using server = await spawnServer(flags.split(" "));
    assertEquals(server.stdout[0], `listening on ${server.url}`, flags);
  }
});

test("docs/server.md says what curl says of HTTP/2 at frame level", async () => {
  const text = await Deno.readTextFile(DOCS);
  const [command] = /^curl .* --http2-prior-knowledge .*$/m.exec(text) ?? [];
  const rows = [...text.matchAll(/^\| `(--h2[^`]*)` .*\| `([^`]*)` *\|$/gm)].map(([, flags, gives]) => ({
    flags,
    gives,
  }));
  assert(rows.length >= 9);
  for (const { flags, gives } of rows) {
    await using server = await spawnServer(["--delay", "0", ...flags.replace("8001", "0").split(" ")]);
    const frames = () => server.stdout.find((line) => line.startsWith("frames at "))?.slice("frames at ".length);
    while (!frames()) await fetch(`${server.url}stats`).then((response) => response.text());
    const said = await new Deno.Command("sh", {
      args: ["-c", String(command).replace("http://127.0.0.1:8001/", String(frames()))],
    }).output();
    assertStringIncludes(new TextDecoder().decode(new Uint8Array([...said.stdout, ...said.stderr])), gives, flags);
  }
});

test("docs/server.md names every parameter and every flag", async () => {
  const text = await Deno.readTextFile(DOCS);
  for (const [name] of PARAMETER_LIST) assert(text.includes(`| \`${queryName(name)}`), name);
  const args = ["run", "-A", new URL("../../server.ts", import.meta.url).pathname, "--help"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  const flags = [...new TextDecoder().decode(stdout).matchAll(/^ {2}(?: {4}|-[a-z], )--([a-z-]+)/gm)].map(([, flag]) =>
    flag
  );
  const known = PARAMETER_LIST.map(([name]) => queryName(name).replaceAll("_", "-"));
  const own = flags.filter((flag) => !known.includes(flag) && !["help", "port", "stop-on-eof"].includes(flag));
  assertEquals(known.filter((name) => !flags.includes(name)), []);
  assertEquals(own.filter((flag) => !text.includes(`--${flag}`)), []);
});
