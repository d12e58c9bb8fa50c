/** A login by cookie on the way, with the scripts as their users run them, over fetch and over connections of our own. */

import { assertEquals } from "@std/assert";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

for (const [script, ...more] of [["async"], ["optimized"], ["download"], ["download", "--http=2"]]) {
  test(`${[`${script}.ts`, ...more].join(" ")} gets a file whose server sends to a login that sets cookies and sends back`, async () => {
    await using server = new CountingServer({
      answer(path, _nth, request) {
        const cookies = (request.headers.get("cookie") ?? "").split("; ").sort().join("; ");
        if (path === "/file" && cookies === "session=1; user=a,b") return new Response("data");
        const headers = new Headers({ location: path === "/file" ? "/login" : "/file" });
        if (path === "/login") {
          headers.append("set-cookie", "session=1; Path=/; Expires=Wed, 01 Jan 2098 00:00:00 GMT");
          headers.append("set-cookie", "user=a,b; Path=/");
        }
        return new Response(null, { status: 302, headers });
      },
    });
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/list`, `${server.url}/file`);
      const path = new URL(`../../${script}.ts`, import.meta.url).pathname;
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", path, "--input", "list", "--output", "files", "--quiet", ...more],
        ...{ cwd: folder, env: { NO_COLOR: "1" }, stdin: "null" },
      }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      assertEquals(await Deno.readTextFile(`${folder}/files/file`), "data");
      assertEquals([server.requests.get("/file"), server.requests.get("/login")], [2, 1]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
