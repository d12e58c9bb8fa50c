import { assert, assertEquals } from "@std/assert";
import { CountingServer } from "../helpers/counting_server.ts";
import { howMany } from "../helpers/how_many.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env");

const FILES = 60;
/** Runs that are killed, and after how many of them one may end. `KILLS=100` for as many as an issue asks for. */
const [KILLS, ROUND] = [howMany("KILLS", 12), 4];

/** The body of a file in a version: every byte says which it is; some files are large enough to be streamed, and resumed. */
const bodyOf = (path: string, version: number) => `${version}`.repeat(path.length % 2 ? 30_000 : 1_500_000);

function readFiles(folder: string): Map<string, string> {
  const found = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name);
  return new Map(found.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
}

test("an update that is killed again and again leaves no mixed file, loses none, and takes none for what it isn't", async () => {
  const versions = new Map<string, number>();
  await using server = new CountingServer({
    answer(path, _nth, request) {
      const version = versions.get(path) ?? 1;
      const headers = { etag: `"${version}"`, "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT" };
      if (request.headers.get("if-none-match") === headers.etag) return new Response(null, { status: 304, headers });
      return new Response(bodyOf(path, version), { headers });
    },
  });
  const folder = await Deno.makeTempDir();
  const list = `${folder}/.list.txt`;
  const paths = Array.from({ length: FILES }, (_, n) => `/${n}${n % 8 ? "" : "0".repeat(2 - `${n}`.length % 2)}.bin`);
  const start = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", new URL("../../download.ts", import.meta.url).pathname]
        .concat("-i", list, "-o", `${folder}/files`, "--update", "--quiet", "--retries", "0"),
      stdout: "null",
      stderr: "null",
    }).spawn();
  const finish = async () => {
    assertEquals((await start().status).code, 0);
    const files = readFiles(`${folder}/files`);
    for (const path of paths) {
      const is = files.get(path.slice(1)) ?? "";
      assert(is === bodyOf(path, versions.get(path) ?? 1), `${path} is ${is.slice(0, 1)}, not ${versions.get(path)}`);
    }
  };
  try {
    Deno.writeTextFileSync(list, paths.map((path) => server.url + path).join("\n"));
    await finish();
    let mostMs = 500;
    for (let kill = 1; kill <= KILLS;) {
      // Also back to what a file was before: then an older version that is taken for the file's would pass
      for (const path of paths) if (Math.random() < 0.5) versions.set(path, 1 + Math.floor(Math.random() * 3));
      const child = start();
      const begin = performance.now();
      const timer = setTimeout(() => child.kill("SIGKILL"), 100 + Math.random() * (mostMs - 100));
      const { signal } = await child.status;
      clearTimeout(timer);
      // One that had ended by then is no kill: on a fast machine, later ones come sooner
      if (signal === null) mostMs = Math.max(110, Math.min(mostMs, performance.now() - begin));
      const files = readFiles(`${folder}/files`);
      assertEquals(files.size, FILES);
      for (const path of paths) {
        const is = files.get(path.slice(1)) ?? "";
        assert([1, 2, 3].some((version) => is === bodyOf(path, version)), `${path} is none of its versions`);
      }
      if (signal !== null && kill++ % ROUND === 0) await finish();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
