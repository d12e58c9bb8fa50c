import { assertEquals, assertThrows } from "@std/assert";
import { readCookieFile } from "../../lib/core/cookie_file.ts";

Deno.test("readCookieFile() reads what curl and browsers' extensions write", () => {
  const text = [
    "# Netscape HTTP Cookie File",
    "",
    ".a.example\tTRUE\t/\tTRUE\t2000000000\tname\tvalue=1",
    "#HttpOnly_b.example\tFALSE\t/path\tFALSE\t0\tsession\t",
    "c.example\tFALSE\t/\tFALSE\t999999999999999\tlong",
  ].join("\r\n");
  const session = { isSecure: false, isHostOnly: true, expires: undefined };
  assertEquals(readCookieFile(text), [
    {
      ...{ domain: "a.example", isHostOnly: false, path: "/", isSecure: true, name: "name", value: "value=1" },
      expires: new Date(2_000_000_000_000),
    },
    { ...session, domain: "b.example", path: "/path", name: "session", value: "" },
    { ...session, domain: "c.example", path: "/", name: "long", value: "", expires: new Date(8.64e15) },
  ]);
  assertEquals(readCookieFile(""), []);
});

Deno.test("readCookieFile() names the line that is no cookie, and quotes nothing of it", () => {
  const good = "a.example\tTRUE\t/\tTRUE\t0\tsecret\tsecret";
  const wrong = ["secret", good.replaceAll("\t", " "), `${good}\tsecret`, good.replace("/", "secret")];
  wrong.push(good.replace("TRUE", "secret"), good.replace("0", "secret"), good.replace("a.example", "a/secret"));
  wrong.push('[{ "name": "secret" }]', good.replace("a.example", "user@a.example"));
  for (const line of wrong) {
    const { message } = assertThrows(() => readCookieFile(`${good}\n${line}`), TypeError, "line 2 is no cookie");
    assertEquals(message.includes("secret"), false);
  }
});
