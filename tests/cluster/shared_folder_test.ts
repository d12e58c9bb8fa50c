/** Machines of a run that save to the same folder, over real HTTP, each in a process of its own. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Cluster, type MachineProcess } from "../helpers/cluster.ts";
import { testWithBroker } from "../helpers/nats_server.ts";

/** Bytes of the journal in a state folder: 0 if there is none. */
function recorded({ folder }: MachineProcess, state: string): number {
  try {
    return Deno.statSync(`${folder}/${state}/journal`).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

const [FIRST, SECOND, THIRD] = [".download-stuff", ".download-stuff-2", ".download-stuff-3"];

/** A run without `--queue` on the same folder: its exit code, and what it says it came to. */
async function alone(cluster: Cluster, folder: string) {
  const script = new URL("../../download.ts", import.meta.url).pathname;
  const args = ["run", "-A", script, "--input", cluster.list, "--output", folder, "--quiet", "--json"];
  const output = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code: output.code, stderr, summary: stdout === "" ? {} : JSON.parse(stdout) };
}

/** That a run without `--queue` has nothing to do there, and that there are as many files as URLs. */
async function assertAllThere(cluster: Cluster, { folder }: MachineProcess): Promise<void> {
  const files = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile);
  assertEquals(files.length, cluster.urls.length, "each file is there once");
  const before = cluster.requests;
  const { code, stderr, summary: { done, skipped } } = await alone(cluster, folder);
  assertEquals({ code, done, skipped }, { code: 0, done: 0, skipped: cluster.urls.length }, stderr);
  assertEquals(cluster.requests, before, "nothing was requested again");
}

await testWithBroker("two machines save to one folder, and a run without others finds all of it there", async () => {
  await using cluster = await Cluster.start();
  const one = cluster.machine({ publishes: true });
  await cluster.until("the first at work", () => recorded(one, FIRST) > 0);
  const other = cluster.machine({ folder: one.folder });
  await cluster.until("both at work", () => recorded(one, SECOND) > 0);
  const refused = await alone(cluster, one.folder);
  assertEquals(refused.code, 3, refused.stderr);
  assertStringIncludes(refused.stderr, `another run is saving to ${one.folder}`);
  for (const machine of [one, other]) assertEquals((await machine.ended).code, 0, machine.said);
  assertEquals(cluster.requests, 900, "each page was requested once");
  await cluster.assertWhole();
  await assertAllThere(cluster, one);
});

await testWithBroker(
  "a machine that is killed leaves nothing twice in a shared folder, and nothing wrong",
  async () => {
    await using cluster = await Cluster.start();
    const one = cluster.machine({ publishes: true });
    await cluster.until("the first at work", () => recorded(one, FIRST) > 0);
    const other = cluster.machine({ folder: one.folder });
    await cluster.until("both at work", () => recorded(one, SECOND) > 20 * 32);
    other.signal("SIGKILL");
    await other.ended;
    const third = cluster.machine({ folder: one.folder });
    for (const machine of [one, third]) assertEquals((await machine.ended).code, 0, machine.said);
    assertEquals(recorded(one, THIRD), 0, "the third machine goes on in the state folder of the second");
    await cluster.assertWhole();
    const again = cluster.requests - 900;
    assert(again <= 6 * 4, `${again} pages were fetched again: more than in flight`);
    await assertAllThere(cluster, one);
  },
);

await testWithBroker("a machine that was frozen beyond its lease leaves nothing twice in a shared folder", async () => {
  await using cluster = await Cluster.start({ sites: 4, pages: 200, goneMs: 2_000 });
  const one = cluster.machine({ publishes: true });
  await cluster.until("the first at work", () => recorded(one, FIRST) > 10 * 32);
  one.signal("SIGSTOP");
  const other = cluster.machine({ folder: one.folder });
  await cluster.until("the second at work", () => recorded(one, SECOND) > 30 * 32);
  one.signal("SIGCONT");
  for (const machine of [other, one]) assertEquals((await machine.ended).code, 0, machine.said);
  await cluster.assertWhole();
  await assertAllThere(cluster, one);
});

await testWithBroker("a stranger's file stays in a folder that machines share", async () => {
  await using cluster = await Cluster.start({ sites: 3, pages: 60, delayMs: 50 });
  const folder = cluster.newFolder();
  const names = ["0", "7", "59"];
  for (const name of names) Deno.writeTextFileSync(`${folder}/${name}`, "mine");
  const one = cluster.machine({ publishes: true, folder });
  await cluster.until("the first at work", () => recorded(one, FIRST) > 0);
  const other = cluster.machine({ folder });
  for (const machine of [one, other]) assertEquals((await machine.ended).code, 0, machine.said);
  assertEquals(names.map((name) => Deno.readTextFileSync(`${folder}/${name}`)), ["mine", "mine", "mine"]);
  const outcomes = await cluster.outcomes();
  for (const [id, url] of cluster.urls.entries()) {
    const outcome = outcomes.get(id);
    assert(outcome?.result === "done" && outcome.file !== undefined, JSON.stringify(outcome));
    assertEquals(Deno.readTextFileSync(`${folder}/${outcome.file}`), url.slice(url.lastIndexOf("/") + 1));
  }
  const { code, summary: { skipped } } = await alone(cluster, folder);
  assertEquals({ code, skipped }, { code: 0, skipped: 180 });
  assertEquals(cluster.requests, 180);
});

await testWithBroker("a folder is one run's: machines of another are refused", async () => {
  await using cluster = await Cluster.start({ sites: 1, pages: 40 });
  const one = cluster.machine({ publishes: true });
  await cluster.until("the first at work", () => recorded(one, FIRST) > 0);
  one.signal("SIGSTOP"); // however long the other takes to start, this one hasn't ended by then
  const other = cluster.machine({ publishes: true, folder: one.folder, flags: ["--run", "other"] });
  const { code } = await other.ended;
  one.signal("SIGCONT");
  assertEquals(code, 3, other.said);
  assertStringIncludes(other.said, `another run is saving to ${one.folder}; wait for it, or use another folder`);
  assertEquals((await one.ended).code, 0, one.said);
  await assertAllThere(cluster, one);
});
