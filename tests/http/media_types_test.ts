import { assertEquals } from "@std/assert";
import { MediaFilter } from "../../lib/http/media_types.ts";

const isWanted = (accept: string[], reject: string[], type?: string) =>
  new MediaFilter({ accept, reject }).refuses(new Headers(type === undefined ? {} : { "content-type": type })) ===
    undefined;

Deno.test("MediaFilter takes types by patterns, whatever their case and parameters", () => {
  assertEquals(isWanted(["image/*"], [], "image/png"), true);
  assertEquals(isWanted(["image/*"], [], "IMAGE/PNG ; q=1"), true);
  assertEquals(isWanted(["image/*"], [], "text/html; image/png"), false);
  assertEquals(isWanted(["image/*"], [], "ximage/png"), false);
  assertEquals(isWanted(["image/p*"], [], "image/gif"), false);
  assertEquals(isWanted(["application/*+json"], [], "application/ld+json"), true);
  assertEquals(isWanted(["application/*+json"], [], "application/ldjson"), false);
  assertEquals(isWanted(["text/plain", "image/png"], [], "image/png"), true);
  assertEquals(isWanted(["*/*"], ["text/html"], "text/html;charset=utf-8"), false);
  assertEquals(isWanted([], ["text/*"], "image/png"), true);
});

Deno.test("MediaFilter takes no type for a wanted one that isn't surely one", () => {
  assertEquals(isWanted(["image/*"], []), false);
  assertEquals(isWanted(["*/*"], [], ""), false);
  assertEquals(isWanted(["image/*"], [], "text/html, image/png"), false);
  assertEquals(isWanted([], ["text/html"], "image/png, text/html"), false);
  assertEquals(isWanted([], ["text/html"]), true);
});
