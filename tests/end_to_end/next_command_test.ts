/** What a run says at its end can be done as it is said. */

import { assertEquals, assertMatch } from "@std/assert";
import { testNeeding } from "../helpers/needs.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

test("a run with --failed says in the end where what isn't done is, and the command that gets it", async () => {
  const folder = await Deno.makeTempDir();
  await using site = serveSite();
  try {
    const urls = [1, 2, 3].map((n) => `${site.url}${n}${n === 2 ? "?status=404" : ""}`);
    await Deno.writeTextFile(`${folder}/my list.txt`, urls.join("\n"));
    const args = ["-i", `${folder}/my list.txt`, "-o", `${folder}/my files`, "--failed", `${folder}/failed.ndjson`];
    const first = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", "download.ts", ...args] }).output();
    const said = new TextDecoder().decode(first.stderr);
    const [, command] = /^what isn't done is in .*failed\.ndjson; to get it: (deno run .*)$/m.exec(said) ?? [];
    assertEquals(
      command,
      `deno run -A download.ts -i ${folder}/failed.ndjson -o '${folder}/my files' --failed ${folder}/failed.ndjson`,
    );
    const again = await new Deno.Command("sh", { args: ["-c", command] }).output();
    assertEquals(again.code, 1, "it isn't there yet");
    assertMatch(new TextDecoder().decode(again.stderr), /^1 failed \(status\)/m);
    assertEquals(site.stats.report().responses, { 200: 2, 404: 2 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
