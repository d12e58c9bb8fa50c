import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { readOptions } from "../../lib/cli/options.ts";
import { checkSame, readRunSettings, runSettings } from "../../lib/cli/queue_settings.ts";
import { oldBrokerWarning } from "../../lib/cli/queue_warning.ts";
import { CommandError, UsageError } from "../../lib/core/errors.ts";

const read = (line: string) => readOptions(download, line.split(" "));

Deno.test("readOptions() reads who publishes a run on many machines, and who joins it", () => {
  const { queue, work, download } = read("--queue nats://a -i urls.txt -o files --run r --partitions 8 --per-host 3");
  assertEquals(queue && { ...queue, given: [...queue.given].sort() }, {
    ...{ url: "nats://a", run: "r", joins: false, credentials: undefined, partitions: 8, replicas: undefined },
    given: ["input", "output", "partitions", "per-host", "queue", "run"],
  });
  assertEquals([work, download.perHost], [{ input: "urls.txt", strict: false }, 3]);
  const joins = read("--queue tls://a:1 -o files --queue-credentials a.creds -j 9").queue;
  assertEquals([joins?.joins, joins?.run, joins?.credentials], [true, "default", "a.creds"]);
  assertEquals(read("-i urls.txt -o files").queue, undefined);
  const named = read("--queue nats://a -i urls.txt -o files --name {n} --sums a");
  assertEquals([named.name, named.checksums], ["{n}", "a"]);
  const logins = read("--queue nats://a -o files --netrc n --cookies c"); // secrets stay on their machine
  assertEquals([logins.netrc, logins.cookies], ["n", "c"]);
  for (const line of ["-o files", "-i urls.txt -o files"]) {
    assertEquals(read(`--queue nats://a ${line} --limit-rate 1MB`).download.limitRate, 1_000_000);
  }
});

const refused: [line: string, why: string][] = [
  ["--run r -i a", "--run is about a run on many machines: name its broker with --queue"],
  ["--partitions 8", "--partitions is about a run on many machines"],
  ["--queue nats://a -i a --max-failures 3", "it counts the failures of one machine only"],
  ["--queue nats://a -i a --fail-fast", "it sees the failures of one machine only"],
  ["--queue nats://a --trials 5", "a list is what machines share"],
  ["--queue nats://a --url http://a/", "a list is what machines share"],
  ["--queue nats://a -i a --dry-run", "nothing is published by it"],
  ["--queue nats://a -i a --html a.html", "it would have the requests of one machine only"],
  ["--queue nats://a -i a -o files --update", "a machine may get URLs whose files another one has"],
  ["--queue nats://a -o files --verify", "leave --queue out, also for a folder they share"],
  ["--queue nats://a -i a -o files --write-sums a", "it would have the files of one machine only"],
  ["--queue nats://a -o files --name {n}", "--name is for who publishes a list"],
  ["--queue nats://a -o files --sums a", "--sums is for who publishes a list"],
  ["--queue nats://a -o files --accept image/*", "--accept is for who publishes a list"],
  ["--queue nats://a -o files --unwanted skip", "--unwanted is for who publishes a list"],
  ["--queue nats://a --status --limit-rate 1MB", "--status only looks at a run: leave --limit-rate out"],
  ["--queue nats://a -i a --workers 2", "--workers must be 1 with --queue"],
  ["--queue nats://a -o files --per-host 3", "--per-host is for who publishes a list with --input"],
  ["--queue nats://a -o files --header A:b", "--header is for who publishes a list"],
  ["--queue nats://a -o files --partitions 3", "--partitions is for who publishes a list"],
  ["--queue nats://a -i a --partitions 0", "invalid value"],
  ["--queue nats://a -i a --replicas 6", "invalid value"],
];

for (const [line, why] of refused) {
  Deno.test(`readOptions() refuses ${line}`, () => {
    assertStringIncludes(assertThrows(() => read(line), UsageError).message, why);
  });
}

Deno.test("only download.ts shares runs", () => {
  assertThrows(() => readOptions(optimized, ["--queue", "nats://a"]), UsageError, "unknown flag --queue");
});

Deno.test("a run's settings are the same for who joins, and are checked as options are", () => {
  const asked = runSettings({ perHost: 3, rate: undefined, maxFilesize: Infinity, output: "a", headers: { a: "b" } });
  const stored = JSON.parse(JSON.stringify(asked));
  assertEquals(stored, { isSaved: true, perHost: 3, headers: { a: "b" } });
  assertEquals(readRunSettings("r", stored, download), asked);
  checkSame("r", asked, { ...asked, concurrency: 5 });
  const differ = (other: object) =>
    assertThrows(() => checkSame("r", asked, { ...asked, ...other }), UsageError).message;
  assertEquals(
    differ({ perHost: 4 }),
    "the run r was published with --per-host 3, not 4: say the same, or give this one another --run",
  );
  assertEquals(differ({ headers: { a: "secret" } }).includes("secret"), false);
  for (const types of ["accept", "reject"] as const) {
    const wants = runSettings({ [types]: ["image/*"], unwanted: "skip", limitRate: 5 });
    assertEquals(readRunSettings("r", JSON.parse(JSON.stringify(wants)), download), {
      ...{ isSaved: false, [types]: ["image/*"], unwanted: "skip" }, // each machine has a limit of its own
    });
    assertStringIncludes(differ({ [types]: ["a/b"] }), `published with --${types} none, not ["a/b"]`);
  }
  const secret = differ({ originHeaders: { "https://a": { b: "secret" } } });
  assertEquals([secret.includes("other headers"), secret.includes("secret")], [true, false]);
  assertEquals(runSettings({ logins: { a: { user: "u", password: "p" } }, cookies: "" }), { isSaved: false });
  assertStringIncludes(differ({ unwanted: "skip" }), `published with --unwanted none, not "skip"`);
  for (
    const wrong of [null, 5, { perHost: 0 }, { perHost: "3" }, { headers: { "a b": "c" } }, { http: 3 }, { accept: 1 }]
  ) {
    assertThrows(
      () => readRunSettings("r", wrong, download),
      CommandError,
      "The run r has settings that can't be used",
    );
  }
});

Deno.test("brokers are warned of that let more in than they should", () => {
  for (const version of ["2.9.10", "2.10.26", "2.11.0"]) {
    assertStringIncludes(oldBrokerWarning(version) ?? "", "CVE-2025-30215");
  }
  for (const version of ["2.10.27", "2.11.1", "2.12.0", "3.0.0", "unknown"]) {
    assertEquals(oldBrokerWarning(version), undefined);
  }
});
