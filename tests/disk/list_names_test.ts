import { assertEquals } from "@std/assert";
import type { Download } from "../../lib/core/download.ts";
import { ListNames } from "../../lib/disk/list_names.ts";
import { OutputFolder } from "../../lib/disk/output_folder.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

const LIST: Download[] = [
  { url: "http://a.example/file.zip" },
  { url: "http://b.example/file.zip" },
  { url: "http://a.example/file.zip#part" },
  { url: "http://a.example/FILE.ZIP" },
  { url: "http://a.example/", name: "folder/file.zip" },
  { url: "http://a.example/", name: "file.zip" },
  { url: "http://a.example/folder" },
  { url: "http://a.example/" },
];

/** What an empty folder says of a list. */
async function ofFolder(list: readonly Download[]): Promise<unknown[]> {
  const path = await Deno.makeTempDir();
  try {
    using folder = await OutputFolder.open(path);
    return list.map((download) => folder.enter(download));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

test("ListNames gives the names that one machine gives in an empty folder", async () => {
  const names = new ListNames();
  const chosen = LIST.map((download) => {
    const name = names.next(download);
    return name === "duplicate" ? { state: "duplicate" } : { state: "new", ...name };
  });
  assertEquals(chosen, await ofFolder(LIST) as typeof chosen);
});

test("a name that was chosen elsewhere is had, also again, unless a stranger's file has it", async () => {
  const path = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${path}/b.zip`, "mine");
    using folder = await OutputFolder.open(path);
    const [a, b] = ["a.zip", "b.zip"].map((file) => ({ file, naming: "plain" as const }));
    const enter = (name: string, chosen: typeof a) => folder.enter({ url: `http://x.example/${name}` }, chosen);
    assertEquals(enter("a.zip", a), { state: "new", ...a });
    assertEquals(enter("a.zip", a), { state: "new", ...a }, "its partition has come back");
    for (const time of ["first", "again"]) {
      const moved = enter("b.zip", b);
      assertEquals([moved.state, "naming" in moved && moved.naming], ["new", "stored"], time);
      assertEquals("file" in moved && moved.file !== "b.zip", true, time);
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
