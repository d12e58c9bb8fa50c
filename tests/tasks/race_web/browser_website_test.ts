import { assertEquals } from "@std/assert";
import { startLocalServer } from "../../../lib/source/website.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");
const PAGE = "http://127.0.0.1:1234";

test("the website of the browser's lane lets the page read its answers, and when they came, and no other page", async () => {
  await using website = await startLocalServer(
    ["--delay=10ms", `--reader=${PAGE}`],
    "tasks/race_web/browser_website.ts",
  );
  for (const path of ["7", "stats"]) {
    const answer = await fetch(website.url + path, { headers: { origin: "http://evil.test" } });
    if (path === "7") assertEquals(await answer.text(), "7");
    else assertEquals((await answer.json()).requests, 1);
    for (const name of ["access-control-allow-origin", "timing-allow-origin"]) {
      assertEquals(answer.headers.get(name), PAGE, `${path} ${name}`);
    }
  }
});
