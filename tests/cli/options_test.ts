import { assert, assertArrayIncludes, assertEquals, assertThrows } from "@std/assert";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import * as constants from "../../constants.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { readOptions } from "../../lib/cli/options.ts";
import { runHelp } from "../../lib/cli/run_help.ts";
import { tell } from "../../lib/core/print.ts";
import { settle } from "../../lib/core/settings.ts";
import { optimized } from "../../optimized.ts";
import { simple } from "../../simple.ts";
import { threaded } from "../../threaded.ts";
import { testNeeding } from "../helpers/needs.ts";

/** What only lists and their files are about. */
const NO_LIST = {
  version: false,
  completions: undefined,
  dryRun: false,
  report: undefined,
  failed: undefined,
  cacert: undefined,
};

Deno.test("readOptions() asks for the project's defaults when nothing is said", () => {
  assertEquals(readOptions(async, []), {
    ...{ help: false, work: { trials: constants.TRIALS, url: undefined }, ...NO_LIST },
    ...{ json: false, timeline: false, html: undefined, quiet: false, metrics: undefined },
    download: {
      concurrency: constants.MAX_IN_FLIGHT,
      timeoutMs: constants.TIMEOUT_MS,
      connectTimeoutMs: constants.CONNECT_TIMEOUT_MS,
      idleTimeoutMs: constants.IDLE_TIMEOUT_MS,
      ...{ retries: constants.RETRIES, retryMaxTimeMs: constants.RETRY_MAX_TIME_MS, retryOn: undefined },
      ...{ perHost: Infinity, rate: undefined, maxFailures: undefined, headers: {}, proxy: undefined },
      ...{ output: undefined, distinct: false, digest: false, raw: false, maxFilesize: undefined },
    },
  });
});

Deno.test("readOptions() reads every flag about pages", () => {
  const line = "--trials 5 --url http://a/ --concurrency 3 --timeout 9s --connect-timeout 2s --idle-timeout 1s " +
    "--retries 0 --json --timeline --html a.html --quiet --help";
  const { work, download, ...rest } = readOptions(async, line.split(" "));
  const metrics = undefined;
  assertEquals(rest, { ...NO_LIST, help: true, json: true, timeline: true, html: "a.html", quiet: true, metrics });
  assertEquals(work, { trials: 5, url: "http://a/" });
  const { concurrency, timeoutMs, connectTimeoutMs, idleTimeoutMs, retries } = download;
  assertEquals([concurrency, timeoutMs, connectTimeoutMs, idleTimeoutMs, retries], [3, 9_000, 2_000, 1_000, 0]);
});

Deno.test("readOptions() serves metrics where it is told to, on this machine alone unless it is told otherwise", () => {
  assertEquals(readOptions(async, ["--metrics-host", "::"]).metrics, undefined);
  const { metrics } = readOptions(async, ["--metrics-port", "9464"]);
  assertEquals(metrics, { port: 9_464, hostname: "127.0.0.1", lingerMs: 60_000 });
  const line = "--metrics-port 0 --metrics-host 0.0.0.0 --metrics-linger 0";
  assertEquals(readOptions(simple, line.split(" ")).metrics, { port: 0, hostname: "0.0.0.0", lingerMs: 0 });
});

Deno.test("readOptions() reads every flag about lists", () => {
  const line = "--input a.txt --output a --strict --dry-run --report r --failed f --raw --per-host 4 --rate 0.5 " +
    "--max-failures 9 --max-filesize 10MB --header X-Key:1 --header X-Other:2 --user-agent me --proxy socks5://a:1 --cacert ca.pem";
  const { work, download, dryRun, report, failed, cacert } = readOptions(async, line.split(" "));
  assertEquals(work, { input: "a.txt", strict: true });
  assertEquals([dryRun, report, failed, cacert], [true, "r", "f", "ca.pem"]);
  const { output, raw, digest, distinct, perHost, rate, maxFailures, headers, proxy, concurrency } = download;
  assertEquals(download.maxFilesize, 10_000_000);
  assertEquals([output, raw, digest, distinct, perHost, rate, maxFailures], ["a", true, true, true, 4, 0.5, 9]);
  assertEquals(headers, { "user-agent": "me", "x-key": "1", "x-other": "2" });
  assertEquals([proxy, concurrency], ["socks5://a:1", constants.FILES_IN_FLIGHT]);
});

Deno.test("readOptions() reads what a list is made of, and which columns say what", () => {
  const read = (line: string) => readOptions(async, line.split(" ")).work;
  assertEquals(read("--input a --list-format tsv --url-column b --column md5=c=d --column headers=e --name-column f"), {
    ...{ input: "a", strict: false, format: "tsv" },
    fields: { url: "b", name: "f", md5: "c=d", headers: "e" },
  });
  assertEquals(read("- --url-column b"), { input: "-", strict: false, fields: { url: "b" } });
});

Deno.test("readOptions() reads --robots, for which there is --unwanted, and --hosts", () => {
  const { download: options, hosts } = readOptions(download, "-i a --robots --unwanted skip --hosts h.json".split(" "));
  assertEquals([options.robots, options.unwanted, hosts], [true, "skip", "h.json"]);
  assertEquals("robots" in readOptions(download, ["-i", "a"]).download, false);
  assertThrows(() => readOptions(download, "-i a --unwanted skip".split(" ")), UsageError, "--robots");
  assertThrows(() => readOptions(download, "-i a --hosts a --failed a".split(" ")), UsageError);
});

Deno.test("readOptions() reads --update, and refuses it without files", () => {
  const read = (line: string) => readOptions(download, line.split(" ")).download;
  const { update, mtime } = read("--input a --output b --update");
  assertEquals([update, mtime], [true, undefined]);
  assertEquals(read("--input a --output b --update --no-mtime").mtime, false);
  assertThrows(() => read("--input a --update"), UsageError, "--output");
  assertThrows(() => read("--input a --output b --no-mtime"), UsageError, "--update");
  assertThrows(() => settle({ update: true }, { concurrency: 1 }), TypeError, "update needs an output");
});

Deno.test("readOptions() reads where a bucket is, and shows no secret of it", () => {
  const read = (line: string) => readOptions(download, line.split(" ")).download;
  const { output, s3Endpoint, state } = read("-i a -o s3://stuff/b --s3-endpoint http://c:1 --state d");
  assertEquals([output, s3Endpoint, state], ["s3://stuff/b", "http://c:1", "d"]);
  const shards = read("-i a -o s3://stuff/b --output-format tar --shard-size 1MB --segments 1");
  assertEquals([shards.output, shards.outputFormat, shards.shardSize], ["s3://stuff/b", "tar", 1e6]);
  assertEquals(read("-i a -o s3://stuff/b --segments 4").segments, 4);
  assertThrows(() => read("-i a --state d"), UsageError, "--state is about a bucket");
  assertThrows(() => read("-i a -o s3://stuff/b --write-sums c"), UsageError, "--write-sums doesn't go with a bucket");
  for (const line of ["-o s3://me:geheim@stuff/b", "-o s3://stuff --s3-endpoint http://me:geheim@c"]) {
    const { message } = assertThrows(() => read(`-i a ${line}`), UsageError);
    assertEquals(message.includes("geheim"), false, message);
  }
});

Deno.test("readOptions() takes URLs for a list of their own, with the same defaults, and - for one from standard input", () => {
  const { work, download } = readOptions(async, ["http://a/1", "-o", "files", "https://b/2"]);
  assertEquals(work, { urls: ["http://a/1", "https://b/2"] });
  assertEquals(download, readOptions(async, ["--input", "a", "--output", "files"]).download);
  const unsaved = readOptions(async, ["http://a/1", "-j7"]).download;
  assertEquals(unsaved, readOptions(async, ["-i", "a", "--concurrency=7"]).download);
  assertEquals(readOptions(async, ["-", "--strict"]).work, { input: "-", strict: true });
});

Deno.test("readOptions() is gentler with the hosts of a list than with a website made to be asked", () => {
  const { concurrency, perHost, distinct } = readOptions(async, ["--input", "-"]).download;
  assertEquals([concurrency, perHost, distinct], [constants.FILES_IN_FLIGHT, constants.PER_HOST, true]);
  assertEquals(readOptions(simple, ["--input", "-"]).download.concurrency, 1);
});

Deno.test("readOptions() is as gentle when pages are saved, as the library is", () => {
  const { concurrency, perHost, http, distinct } = readOptions(optimized, ["--output", "a"]).download;
  const library = settle({ output: "a" }, optimized);
  assertEquals([concurrency, perHost, http], [constants.FILES_IN_FLIGHT, constants.PER_HOST, "alpn"]);
  assertEquals(
    [concurrency, perHost, http, distinct],
    [library.concurrency, library.perHost, library.http, library.distinct],
  );
});

Deno.test("readOptions() reads how long a host may be away, and which statuses are retried", () => {
  const read = (line: string) => {
    const { retryMaxTimeMs, retryOn } = readOptions(async, line.split(" ")).download;
    return [retryMaxTimeMs, retryOn];
  };
  assertEquals(read("--retry-max-time 5m --retry-on 403,404"), [300_000, [403, 404]]);
  assertEquals(read("--retry-max-time 0 --retry-on none"), [0, "none"]);
  for (const wrong of ["200", "4o3", "403,", "", "600", "none,404"]) {
    const error = assertThrows(() => readOptions(async, ["--retry-on", wrong]), UsageError);
    assert(error.message.includes("--retry-on"), error.message);
  }
});

Deno.test("readOptions() takes --fail-fast for one failure at most", () => {
  assertEquals(readOptions(async, ["--fail-fast", "--max-failures=5"]).download.maxFailures, 1);
});

for (
  const [line, message] of [
    ["--strict", "name one with --input"],
    ["--input a --trials 5", "--input and --trials each say what to download"],
    ["--input a --url http://a/", "--input and --url each say what to download"],
    ["http://a/ --input a", "a URL and --input each say what to download"],
    ["http://a/ --trials 5", "a URL and --trials each say what to download"],
    ["http://a/ --url http://a/", "a URL and --url each say what to download"],
    ["- --input a", "- and --input each say what to download"],
    ["http://a/ --strict", "name one with --input"],
    ["http://a/ -", '"-" is not an http:// or https:// URL'],
    ["urls.txt", '"urls.txt" is not an http:// or https:// URL; name a list of URLs with --input'],
    ["-j 0 http://a/", 'invalid value "0" for --concurrency'],
    ["--header nothing", "a header's name, a colon and its value"],
    ["--header a(b):c", "a header's name, a colon and its value"],
    ["--proxy ftp://a/", "an http://, https:// or socks5:// URL"],
    ["--per-host 0", "a whole number of at least 1"],
    ["--input a --list-format xml", "one of lines, ndjson, csv, tsv, parquet"],
    ["http://a/ --list-format csv", "--list-format is about a list"],
    ["http://a/ --url-column b", "are about a list"],
    ["--trials 1 --column md5=b", "are about a list"],
    ["--input a --column b", "one of url, name, sha256, md5, sha1, sha384, sha512, integrity, headers, then ="],
    ["--input a --column size=b", "one of url, name"],
    ["--input a --column md5=", "the name of a column"],
    ["--input a --url-column b --column url=c", "two columns of the list are said to have its url"],
    ["--rate 0", "a number of at least 0.001"],
  ]
) {
  Deno.test(`readOptions() refuses ${line}`, () => {
    assertThrows(() => readOptions(async, line.split(" ")), UsageError, message);
  });
}

Deno.test("readOptions() bounds --concurrency by what the strategy can", () => {
  assertThrows(() => readOptions(simple, ["--concurrency", "2"]), UsageError, "expected 1 and nothing else");
  assertEquals(readOptions(threaded, ["--concurrency", "500"]).download.concurrency, 500);
  assertThrows(() => readOptions(async, ["--concurrency", "0"]), UsageError, "a whole number of at least 1");
});

for (const strategy of [simple, threaded, async, optimized, download]) {
  Deno.test(`runHelp() of ${strategy.title} says its idea, how to call it, and every flag`, () => {
    const text = helpText(runHelp(strategy));
    assert(
      text.startsWith(`Downloads many pages, or the files of a list: ${strategy.about}.`) &&
        text.includes(`deno run -A ${strategy.title}.ts`),
    );
    const flags = [...text.matchAll(/^ {2}(?: {4}|-[a-z], )--([a-z-]+)/gm)].map(([, name]) => name);
    assertArrayIncludes(flags, ["trials", "url", "concurrency", "timeout", "connect-timeout", "idle-timeout"]);
    assertArrayIncludes(flags, ["retries", "json", "quiet", "help", "input", "output", "per-host", "failed"]);
  });
}

Deno.test("readOptions() tunes the pools of a strategy that has some, and knows no such flags for the others", () => {
  const line = ["--workers", "2", "--clients=auto", "--http", "1", "--verbose"];
  const { workers, clients, http, explain } = readOptions(optimized, line).download;
  assertEquals([workers, clients, http, explain], [2, undefined, 1, tell]);
  assertEquals(readOptions(optimized, []).download.http, "auto");
  for (const flag of ["--workers=2", "--clients=2", "--http=2", "--verbose"]) {
    assertThrows(() => readOptions(async, [flag]), UsageError, "unknown flag");
  }
  assertThrows(() => readOptions(optimized, ["--workers", "0"]), UsageError, "a whole number of at least 1, or auto");
  assertEquals(readOptions(download, ["--workers=2", "--http=2", "--verbose"]).download.workers, 2);
  assertThrows(() => readOptions(download, ["--clients=2"]), UsageError, "unknown flag"); // it has no HttpClients
});

Deno.test("readOptions() refuses a name for --failed that says it holds something else than lines of JSON", () => {
  for (const name of ["a.csv", "a.GZ"]) {
    assertThrows(() => readOptions(simple, ["--failed", name]), UsageError, "it holds lines of JSON");
  }
  assertEquals(readOptions(simple, ["--failed", "a.txt"]).failed, "a.txt");
});

const test = await testNeeding("read", "write");

test("readOptions() takes a word that is a file for a list of URLs", async () => {
  const list = await Deno.makeTempFile();
  try {
    assertEquals(readOptions(download, [list, "-o", "files"]).work, { input: list, strict: false });
    assertEquals(readOptions(download, [list, "--strict"]).work, { input: list, strict: true });
    const refused = (...args: string[]) => assertThrows(() => readOptions(download, args), UsageError).message;
    assertEquals(
      refused(list, "--trials", "3"),
      `${list} and --trials each say what to download: leave one of them out`,
    );
    assertEquals(
      refused(list, "--report", list),
      `--input and --report name the same file, ${list}: each needs its own`,
    );
    assert(refused(list, list).endsWith("is not an http:// or https:// URL; name a list of URLs with --input"));
    assert(refused(list.slice(0, list.lastIndexOf("/"))).includes("is not an http:// or https:// URL"), "a folder");
  } finally {
    await Deno.remove(list);
  }
});
