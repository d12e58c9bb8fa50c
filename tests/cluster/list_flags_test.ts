/** What the flags about a list and its files do in a run on many machines. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { createHash } from "node:crypto";
import { startMachine } from "../helpers/cluster.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";

const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");

await testWithBroker("machines name files as their publisher does, check digests, and leave out types", async () => {
  await using site = new CountingServer({
    answer: (path) =>
      new Response(path, { headers: { "content-type": path.endsWith(".html") ? "text/html" : "image/png" } }),
  });
  await using nats = await startNats();
  const folder = await Deno.makeTempDir({ prefix: "list_flags" });
  try {
    const wrong = hash("md5", "another body");
    const rows = [
      { url: `${site.url}/a.png`, set: "train", md5: hash("md5", "/a.png") },
      { url: `${site.url}/b.html`, set: "train" },
      { url: `${site.url}/c.png`, set: "test", md5: wrong },
      { url: `${site.url}/d.png`, set: "test" },
      { url: `${site.url}/e.png`, set: "test" },
    ];
    await Deno.writeTextFile(`${folder}/list.ndjson`, rows.map((row) => JSON.stringify(row)).join("\n"));
    const sums = [`${hash("sha1", "/d.png")}  d.png`, `${hash("sha1", "another body")}  e.png`];
    await Deno.writeTextFile(`${folder}/SUMS`, sums.join("\n"));
    await Deno.mkdir(`${folder}/files`);
    const machine = startMachine({
      settings: { goneMs: 3_000 },
      args: [
        ...["--queue", nats.url, "--partitions", "4", "--retries", "0", "--json", "--limit-rate", "1MB"],
        ...["--input", `${folder}/list.ndjson`, "--output", `${folder}/files`, "--failed", `${folder}/failed.ndjson`],
        ...["--name", "{set}/{n:2}.{ext}", "--sums", `${folder}/SUMS`, "--accept", "image/*", "--unwanted", "skip"],
      ],
      folder: `${folder}/files`,
    });
    const { code, stdout } = await machine.ended;
    assertEquals(code, 1, machine.said);
    const { done, skipped, unwanted, failed, failures } = JSON.parse(stdout);
    assertEquals([done, skipped, unwanted, failed], [2, 1, 1, 2]);
    assertEquals(failures.map(({ kind, count }: { kind: string; count: number }) => [kind, count]), [["checksum", 2]]);
    const later = startMachine({
      settings: { goneMs: 3_000 },
      args: ["--queue", nats.url, "--output", `${folder}/later`],
      folder: `${folder}/later`,
    });
    assertMatch(
      (await later.ended).stdout,
      /^run default: 2 of 5 downloaded \(24 bytes\) in .*, 1 skipped \(1 isn't wanted\), 2 failed\n$/,
    );
    const files = ["train", "test"].flatMap((set) =>
      [...Deno.readDirSync(`${folder}/files/${set}`)].map(({ name }) => {
        return [`${set}/${name}`, Deno.readTextFileSync(`${folder}/files/${set}/${name}`)];
      })
    );
    assertEquals(files, [["train/01.png", "/a.png"], ["test/04.png", "/d.png"]]);
    const left = Deno.readTextFileSync(`${folder}/failed.ndjson`).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(left.map(({ url, name, md5, sha1 }) => [url.slice(site.url.length), name, md5 ?? sha1]).sort(), [
      ["/c.png", "test/03.png", wrong],
      ["/e.png", "test/05.png", hash("sha1", "another body")],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

await testWithBroker("a list with several URLs of one file is refused with the reason", async () => {
  await using site = new CountingServer();
  await using nats = await startNats();
  const folder = await Deno.makeTempDir({ prefix: "list_flags" });
  try {
    await Deno.writeTextFile(`${folder}/list.txt`, `${site.url}/1\t${site.url}/2\n`);
    const args = ["--queue", nats.url, "--input", `${folder}/list.txt`, "--output", `${folder}/files`];
    const machine = startMachine({ settings: { goneMs: 3_000 }, args, folder: `${folder}/files` });
    assertEquals((await machine.ended).code, 2, machine.said);
    assertStringIncludes(machine.said, "Download 1 of the list has several URLs, which doesn't go with --queue");
    assertEquals(site.requests.size, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

await testWithBroker("machines obey robots.txt, ask for it once, and keep to what --hosts says", async () => {
  let [inFlight, peak] = [0, 0];
  const keys = new Set<string | null>();
  await using site = new CountingServer({
    answer: async (path, _, { headers }) => {
      if (path === "/robots.txt") return new Response("User-agent: *\nDisallow: /no");
      keys.add(headers.get("x-key"));
      peak = Math.max(peak, ++inFlight);
      await delay(20); // so that others would come meanwhile
      inFlight--;
      return new Response(path);
    },
  });
  await using nats = await startNats();
  const folder = await Deno.makeTempDir({ prefix: "manners" });
  try {
    const urls = ["/a", "/no/1", "/b", "/no/2", "/c"].map((path) => site.url + path);
    await Deno.writeTextFile(`${folder}/list.tsv`, ["image", ...urls].join("\n"));
    const hosts = { [new URL(site.url).host]: { concurrency: 1, headers: { "x-key": "k" } } };
    await Deno.writeTextFile(`${folder}/hosts.json`, JSON.stringify(hosts));
    const list = ["--input", `${folder}/list.tsv`, "--url-column", "image", "--robots", "--unwanted", "skip"];
    const machine = startMachine({
      settings: { goneMs: 3_000 },
      args: ["--queue", nats.url, "--partitions", "4", "--json", "--hosts", `${folder}/hosts.json`, ...list],
      folder,
    });
    const { code, stdout } = await machine.ended;
    assertEquals(code, 0, machine.said);
    const { done, skipped, unwanted } = JSON.parse(stdout);
    assertEquals([done, skipped, unwanted, peak, [...keys]], [3, 2, 2, 1, ["k"]]);
    assertEquals(
      [...site.requests].sort(),
      ["/a", "/b", "/c", "/robots.txt"].map((path): [string, number] => [path, 1]),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
