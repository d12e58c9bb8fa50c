/** Machines of one run that save to one bucket, under one prefix. */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { BUCKET, BucketServer, KEYS_ENV } from "../helpers/bucket_server.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Pages of each website; all have the same names, and every fifth is called the same by its server. */
const PAGES = 60;

/** Runs two machines, and kills one on the way if it is to be. */
async function twoMachines({ kills }: { kills: boolean }): Promise<void> {
  await using nats = await startNats();
  await using bucket = new BucketServer();
  const sites = Array.from({ length: 4 }, (_, site) =>
    new CountingServer({
      async answer(path) {
        await delay(20);
        const headers: HeadersInit = Number(path.slice(1)) % 5 === 0
          ? { "content-disposition": "attachment; filename=same" }
          : {};
        return new Response(`${site}${path}`, { headers });
      },
    }));
  const folder = await Deno.makeTempDir();
  try {
    const urls = sites.flatMap(({ url }) => Array.from({ length: PAGES }, (_, page) => `${url}/${page}`));
    Deno.writeTextFileSync(`${folder}/urls.txt`, urls.join("\n"));
    const start = (name: string, args: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", `${ROOT}download.ts`, "--queue", nats.url, "--quiet", "--state", name],
          ...["--output", `s3://${BUCKET}/shared`, "--s3-endpoint", bucket.url, ...args],
        ],
        cwd: folder,
        env: KEYS_ENV,
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    const one = start("one", ["--input", "urls.txt", "--partitions", "8", "--per-host", "4"]);
    const oneEnded = one.output();
    while (bucket.objects.size === 0) await delay(5);
    const other = start("other", []);
    const otherEnded = other.output();
    while (bucket.objects.size < urls.length / 3) await delay(5);
    if (kills) other.kill("SIGKILL");
    const codes = [await oneEnded, await otherEnded].map(({ code, stderr }) => ({
      code,
      said: new TextDecoder().decode(stderr),
    }));
    assertEquals(codes[0].code, 0, codes[0].said);
    if (!kills) assertEquals(codes[1].code, 0, codes[1].said);
    const wanted = sites.flatMap((_, site) => Array.from({ length: PAGES }, (_, page) => `${site}/${page}`));
    const texts = Object.values(bucket.texts());
    assertEquals([...new Set(texts)].sort(), wanted.sort(), "each is there, and nothing else");
    if (!kills) assertEquals(texts.length, wanted.length, "and each once");
    assert([...bucket.objects.keys()].every((key) => key.startsWith("shared/")));
  } finally {
    for (const site of sites) await site[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

await testWithBroker("machines of a run may share a bucket and a prefix", () => twoMachines({ kills: false }));

await testWithBroker(
  "a machine of a run into a bucket that is killed loses nothing",
  () => twoMachines({ kills: true }),
);
