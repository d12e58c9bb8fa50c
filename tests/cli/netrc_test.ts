import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseNetrc, readNetrc } from "../../lib/cli/netrc.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

const a = { user: "ann", password: "pw" };

const files: Record<string, [text: string, logins: Record<string, unknown>]> = {
  "entries on one line": ["machine a.example login ann password pw machine b.example login bob password x\n", {
    "a.example": a,
    "b.example": { user: "bob", password: "x" },
  }],
  "entries on several lines": ["machine a.example\r\n\tlogin ann\r\n\tpassword pw\r\n", { "a.example": a }],
  "the first entry of each host": ["machine a.example login ann password pw\nmachine a.example login bob password x", {
    "a.example": a,
  }],
  "no default": ["machine a.example login ann password pw\ndefault login anonymous password me@example.com", {
    "a.example": a,
  }],
  "accounts, comments and macros": [
    "# machine c.example login x password y\nmachine a.example login ann account z password pw\nmacdef init\nmachine d.example\ncd /\n\n",
    { "a.example": a },
  ],
  "what is in quotes": [`machine a.example login ann password "p \\"w\\" #machine"`, {
    "a.example": { user: "ann", password: 'p "w" #machine' },
  }],
  "hosts without a login": ["machine a.example\nmachine b.example login ann password pw", { "b.example": a }],
  "nothing": ["", {}],
};

for (const [what, [text, logins]] of Object.entries(files)) {
  Deno.test(`parseNetrc() reads ${what}`, () =>
    assertEquals(parseNetrc(text), logins as ReturnType<typeof parseNetrc>));
}

Deno.test("parseNetrc() refuses anything else, and quotes nothing of it", () => {
  for (const text of ["secret", "machine", "machine a login", '{ "password": "secret" }']) {
    assertEquals(assertThrows(() => parseNetrc(text), TypeError).message.includes("secret"), false, text);
  }
});

test("readNetrc() says which file it can't read, and why", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "machine a/b login secret password secret");
    const { message } = await assertRejects(() => readNetrc(path), UsageError, "names of hosts");
    assertEquals(message.includes("secret"), false);
    await Deno.writeTextFile(path, "machine A.Example login ann password pw");
    assertEquals(await readNetrc(path), { "a.example": a });
  } finally {
    await Deno.remove(path);
  }
  await assertRejects(() => readNetrc(path), UsageError, `--netrc ${path} can't be read`);
});
