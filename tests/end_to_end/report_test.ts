/** What a report draws is what happened: as many requests as the lines that say what became of each URL. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { testNeeding } from "../helpers/needs.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

/** Downloads a list with a report, and counts what it draws and what its lines say. */
async function drawn(script: string, urls: (site: string) => string[], ...flags: string[]) {
  const folder = await Deno.makeTempDir();
  await using site = serveSite();
  try {
    await Deno.writeTextFile(`${folder}/urls.txt`, urls(site.url).join("\n"));
    const args = ["run", "-A", "--quiet", script, "-i", `${folder}/urls.txt`, "--quiet", ...flags];
    const files = ["--html", `${folder}/report.html`, "--report", `${folder}/report.ndjson`];
    const { stderr } = await new Deno.Command(Deno.execPath(), { args: [...args, ...files] }).output();
    const page = await Deno.readTextFile(`${folder}/report.html`).catch(() => {
      throw new Error(new TextDecoder().decode(stderr));
    });
    const lines = (await Deno.readTextFile(`${folder}/report.ndjson`)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    const sent = lines.filter(({ attempts }) => attempts > 0);
    return {
      page,
      requests: [...page.matchAll(/<g class="request/g)].length,
      failures: [...page.matchAll(/<path class="failure"/g)].length,
      sent: sent.length,
      failed: sent.filter(({ result }) => result === "failed").length,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const pages = (site: string, n: number) => Array.from({ length: n }, (_, i) => `${site}${i}`);
const broken = (site: string, n: number) => Array.from({ length: n }, (_, i) => `${site}${i + 1_000}?status=404`);

for (const script of ["async.ts", "download.ts"]) {
  test(`${script} --html draws every request of 200 and every failure of them`, async () => {
    const { page, requests, failures, sent, failed } = await drawn(script, (site) => [
      ...pages(site, 170),
      ...broken(site, 30),
      ...pages(site, 10), // skipped: it has them
    ]);
    assertEquals([requests, failures], [sent, failed]);
    assertEquals([sent, failed], [200, 30]);
    assertStringIncludes(page, `<pre>deno run -A ${script} -i `);
  });
}

test("download.ts --html draws 64 of 500 requests, and every failure of them", async () => {
  const urls = (site: string) => [...pages(site, 400), ...broken(site, 100)];
  const { page, requests, failures, sent, failed } = await drawn("download.ts", urls);
  assertEquals([requests, failures, sent, failed], [64, 100, 500, 100]);
  assert(page.includes("64 samples of the 500 requests"));
});
