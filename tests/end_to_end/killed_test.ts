import { assert, assertEquals } from "@std/assert";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write", "run");

const FILES = 2_000;

/** Saves files as a run would, 16 at a time; every fourth is streamed, and every tenth has a twin's name. */
const run = (path: string) => `
  import { downloadKey, OutputFolder } from "${new URL("../../lib/disk/output_folder.ts", import.meta.url)}";
  import { Saver } from "${new URL("../../lib/disk/save.ts", import.meta.url)}";
  const folder = await OutputFolder.open(${JSON.stringify(path)});
  const saver = new Saver(${JSON.stringify(path)}, { names: folder.names.shared });
  console.log("open");
  const counts = { new: 0, done: 0 };
  const waiting = [];
  for (let i = 0; i < ${FILES}; i++) {
    const url = "http://host/" + i + "/" + (i % 10 ? i : i - i % 20) + ".bin";
    const entry = folder.enter({ url });
    counts[entry.state]++;
    if (entry.state === "new") waiting.push({ url, entry });
  }
  waiting.sort((a, b) => a.url.length - b.url.length || (a.url < b.url ? 1 : -1));
  const rest = waiting.values();
  async function lane() {
    for (const { url, entry } of { [Symbol.iterator]: () => ({ next: () => rest.next() }) }) {
      const body = new TextEncoder().encode(url.padEnd(5_000, "."));
      const target = { ...entry, key: downloadKey({ url }) };
      if (url.length % 4) await saver.saveBytes(body, target);
      else await saver.saveStream(new Blob([body.subarray(0, 2_000), body.subarray(2_000)]).stream(), target);
    }
  }
  await Promise.all(Array.from({ length: 16 }, lane));
  console.log(JSON.stringify(counts));`;

function start(path: string): Deno.ChildProcess {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, `data:text/javascript,${encodeURIComponent(run(path))}`],
    stdout: "piped",
  }).spawn();
}

function filesIn(path: string): Map<string, string> {
  const names = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => name);
  return new Map(names.map((name) => [name, Deno.readTextFileSync(`${path}/${name}`)]));
}

test("a folder whose run is killed again and again has whole files only, and each of them once", async () => {
  const path = await Deno.makeTempDir();
  try {
    let had = new Map<string, string>();
    for (let kills = 0; kills < 12 || had.size === 0; kills++) {
      const child = start(path);
      const reader = child.stdout.getReader();
      await reader.read();
      // The wait before the kill is what is random here: anywhere within the few hundred milliseconds of a run, and longer
      // where a busy machine has nothing to show by then.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60 * (1 + kills / 12)));
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      const has = filesIn(path);
      for (const [name, text] of had) assertEquals(has.get(name), text);
      for (const text of has.values()) assert(/^http:\/\/host\/\d+\/\d+\.bin\.+$/.test(text) && text.length === 5_000);
      had = has;
    }
    assert(had.size > 0);
    const { stdout } = await start(path).output();
    const counts = JSON.parse(new TextDecoder().decode(stdout).split("\n")[1]);
    assertEquals(counts, { new: FILES - had.size, done: had.size });
    const has = filesIn(path);
    assertEquals(has.size, FILES);
    assertEquals(new Set(has.values()).size, FILES);
    for (const [name, text] of has) {
      const plain = /\/(\d+\.bin)\.+$/.exec(text)?.[1];
      assert(name === plain || name.startsWith(`${plain?.slice(0, -4)}~`), `${name} has ${text.slice(0, 40)}`);
      if (/^http:\/\/host\/(\d+)\/\1\.bin/.test(text)) assertEquals(name, plain);
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
