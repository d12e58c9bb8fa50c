import { assertEquals } from "@std/assert";
import { memberName, placeText, readPlace, shardName, unfinishedNumber } from "../../lib/disk/shard_names.ts";

Deno.test("shardName() numbers shards as WebDataset does", () => {
  assertEquals(shardName(0, "tar"), "00000.tar");
  assertEquals(shardName(123_456, "warc"), "123456.warc.gz");
});

Deno.test("readPlace() reads what placeText() writes, and nothing that leads elsewhere", () => {
  const place = { shard: "00007.tar", number: 7, format: "tar", end: 1_536 } as const;
  assertEquals(readPlace(placeText(place)), place);
  assertEquals(readPlace("00007.warc.gz:9"), { shard: "00007.warc.gz", number: 7, format: "warc", end: 9 });
  const others = ["", "7.tar:1", "000007.tar:1", "../00007.tar:1", "00007.tar:-1", "00007.tar:", "00007.tar:1\n"];
  others.push("00007.zip:1", "/etc/00007.tar:1", "00007.tar:1:2", "00007.tar:9999999999999999", "00007.tar/../x:1");
  for (const other of others) assertEquals(readPlace(other), undefined, other);
});

Deno.test("unfinishedNumber() knows shards of one format by their names in the state folder", () => {
  assertEquals(unfinishedNumber("00007.tar.shard", "tar"), 7);
  for (const other of ["00007.tar.shard.tmp", "00007.tar", "00007.warc.gz.shard", "x.shard", "journal"]) {
    assertEquals(unfinishedNumber(other, "tar"), undefined, other);
  }
});

for (
  const [name, key, ending] of [
    ["photo.jpg", "photo", "jpg"],
    ["photo.v2.final.JPG", "photo_v2_final", "jpg"],
    ["data.tar.gz", "data", "tar.gz"],
    ["README", "README", "bin"],
    ["a.b/c.d.txt", "a.b/c_d", "txt"],
    ["of.nothing-that-ends-it", "of_nothing-that-ends-it", "bin"],
    ["list.json", "list", "data.json"],
    ["list.JSON", "list", "data.json"],
  ] as const
) {
  Deno.test(`memberName() gives ${name} a key without a dot, and stays as it is`, () => {
    assertEquals(memberName(name), { key, ending });
    assertEquals(memberName(`${key}.${ending}`), { key, ending });
  });
}
