/** What a server or a list says reaches terminal, log, report and HTML without anything that a terminal would obey. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { print, tell } from "../../lib/core/print.ts";
import { jsonLine, printableLine, printableText } from "../../lib/core/printable.ts";
import { testNeeding } from "../helpers/needs.ts";
import { htmlReport } from "../../lib/report/html_report.ts";
import { someRecord } from "../helpers/some_summary.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

/** ESC, OSC with BEL, the C1 forms of CSI and OSC, NUL, DEL, overrides of direction, line separators, half a character. */
const HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\x9d\0\x7f\u202egnp.exe\u2066\u200f\u2028\u2029\ufeff\ud800";

/** What no line may have in it. */
// deno-lint-ignore no-control-regex -- those are what must not be there
const OBEYED = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

Deno.test("printableLine() escapes what a terminal obeys, and leaves all other text as it is", () => {
  assertEquals(OBEYED.test(printableLine(`${HOSTILE}\r\n\t`)), false);
  assertEquals(printableLine("\x1b[31m\u009b\u202e\r\n"), "\\u001b[31m\\u009b\\u202e\\r\\n");
  const plain = "Grüße, 世界, 👩‍👩‍👧, \\ \"'<>& a\u00a0b";
  assertEquals([printableLine(plain), printableText(plain)], [plain, plain]);
});

Deno.test("printableText() keeps line breaks and tabs, and nothing else", () => {
  assertEquals(printableText("a\n\tb\r\x1b\x85"), "a\n\tb\\r\\u001b\\u0085");
});

Deno.test("jsonLine() means what it was given, in one line of plain text", () => {
  const value = { [HOSTILE]: [HOSTILE, "\n\t\\ü"] };
  const line = jsonLine(value);
  assertEquals([JSON.parse(line), OBEYED.test(line)], [value, false]);
});

Deno.test("print() and tell() are doors that nothing obeyed comes through", () => {
  const [log, error] = [console.log, console.error];
  const said: string[] = [];
  console.log = console.error = (text: string) => said.push(text);
  try {
    print(`a\n${HOSTILE}`);
    print(["a", `b\n${HOSTILE}`]);
    tell(`a\n${HOSTILE}`);
  } finally {
    [console.log, console.error] = [log, error];
  }
  assertEquals(said.map((text) => text.split("\n").length), [2, 2, 1]);
  assert(said.every((text) => text.split("\n").every((line) => !OBEYED.test(line))));
});

Deno.test("htmlReport() shows a failure's message without what reorders or hides text, and without tags", async () => {
  const failures = [{ kind: "status" as const, count: 1, example: { url: "http://a/", message: `${HOSTILE}<b>` } }];
  const summary = someRecord({ done: 9, failed: 1, failures });
  const page = await htmlReport({ title: "T", results: [{ about: "x", summary }], conditions: [["List", HOSTILE]] });
  assert(page.split(/[\n\t]/).every((line) => !OBEYED.test(line)));
  assertStringIncludes(page, "\\u001b[2J");
  assertEquals(page.includes("exe.gnp") || page.includes(`\ud800`), false);
  assertStringIncludes(page, "&lt;b&gt;");
});

/** A server whose status text, Location and Content-Disposition are hostile, byte by byte. */
function serveHostile(): { url: string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = async (connection: Deno.Conn) => {
    const bytes = new Uint8Array(4_096);
    const read = await connection.read(bytes);
    const path = new TextDecoder().decode(bytes.subarray(0, read ?? 0)).split(/[ ?]/)[1] ?? "";
    const close = "Connection: close\r\nContent-Length: 2\r\n\r\nok";
    const head = path === "/status"
      ? `HTTP/1.1 404 No\x9b31m\x9d0;t\xe2\x80\xae\r\n`
      : path === "/to"
      ? `HTTP/1.1 302 Found\r\nLocation: ftp://a/\x9b31m\xe2\x80\xae\r\n`
      : `HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename*=UTF-8''a%1B%5B31m%C2%9B%E2%80%AE.txt\r\n`;
    await connection.write(Uint8Array.from(head + close, (character) => character.charCodeAt(0)));
    connection.close();
  };
  (async () => {
    for await (const connection of listener) answer(connection).catch(() => {});
  })();
  const url = `http://127.0.0.1:${listener.addr.port}`;
  return { url, [Symbol.dispose]: () => listener.close() };
}

for (const script of ["async", "download"]) {
  test(`${script}.ts passes nothing on that a terminal would obey, from a server or a list`, async () => {
    using server = serveHostile();
    const folder = await Deno.makeTempDir();
    const list = [
      `{"url":"${server.url}/status"}`,
      `{"url":"${server.url}/to"}`,
      `{"url":"${server.url}/name"}`,
      JSON.stringify({ url: `${server.url}/status?\x1b[31m\n\u202e` }),
      `no json \x1b[31m\x9b\u202e`,
    ];
    try {
      await Deno.writeTextFile(`${folder}/list.ndjson`, list.join("\n"));
      const run = async (...args: string[]) => {
        const path = new URL(`../../${script}.ts`, import.meta.url).pathname;
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--quiet", path, "--input", "list.ndjson", ...args],
          ...{ cwd: folder, env: { NO_COLOR: "1" }, stdin: "null" },
        }).output();
        return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
      };
      const told = ["--report", "report", "--failed", "failed", "--html", "report.html", "--retries", "0"];
      const runs = [
        await run("--output", "files", "--dry-run"),
        await run("--output", "files", ...told),
        await run("--json", "--retries", "0"),
      ];
      assertEquals(runs.map(({ code }) => code), [1, 1, 1]);
      const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}`);
      const texts = [...runs.map(({ said }) => said), read("report"), read("failed"), read("report.html")];
      for (const text of texts) for (const line of text.split(/[\n\t]/)) assertEquals(OBEYED.test(line), false, line);
      // fetch() has a text of its own for each status
      if (script === "download") assertMatch(runs[1].said, /the server answered 404 No\\u009b31m/);
      const failed = read("failed").trimEnd().split("\n").map((line) => JSON.parse(line));
      assert(failed.some(({ url }) => url === `${server.url}/status?\x1b[31m\n\u202e`), "the list means the same URL");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
