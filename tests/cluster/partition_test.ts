import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { partitionOf } from "../../lib/cluster/partition.ts";

Deno.test("all URLs of a host and port are in one partition, however they are written", () => {
  const same = ["http://a.example/", "http://A.EXAMPLE:80/b?c", "http://me:secret@a.example/d", "HTTP://a.example#e"];
  assertEquals(new Set(same.map((url) => partitionOf(url, 256))).size, 1);
  const bücher = ["https://bücher.example/", "https://xn--bcher-kva.example:443/a", "https://B%C3%BCcher.example/"];
  assertEquals(new Set(bücher.map((url) => partitionOf(url, 256))).size, 1);
  assertNotEquals(partitionOf("http://a.example/", 4_096), partitionOf("http://a.example:8080/", 4_096));
});

Deno.test("with and without TLS a host is one, as it is for its limits", () => {
  assertEquals(partitionOf("http://a.example/", 4_096), partitionOf("https://a.example/", 4_096));
});

Deno.test("a URL's partition never changes: machines of different versions work on one run", () => {
  assertEquals(["http://a.example/", "https://b.example:8443/c", "no URL"].map((url) => partitionOf(url, 256)), [
    158,
    147,
    12,
  ]);
});

Deno.test("hosts spread evenly over the partitions", () => {
  const counts = new Array(256).fill(0);
  for (let host = 0; host < 25_600; host++) counts[partitionOf(`https://www${host}.example.com/`, 256)]++;
  assert(Math.min(...counts) > 60 && Math.max(...counts) < 150, `${Math.min(...counts)} to ${Math.max(...counts)}`);
});
