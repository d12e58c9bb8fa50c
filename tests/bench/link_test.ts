import { assertEquals, assertRejects } from "@std/assert";
import { FAR_ADDRESS, openLink } from "../../bench/link/link.ts";
import { CURL, IPROUTE, NGINX, OPENSSL, type Program } from "../../bench/programs.ts";
import { startNginx } from "../../bench/servers/nginx.ts";
import { testWith } from "../helpers/programs.ts";

const TUN: Program = {
  name: "root and /dev/net/tun",
  version: ["sh", "-c", "test $(id -u) = 0 && test -w /dev/net/tun && echo 1.0"],
  install: [],
};
const NEEDED = [IPROUTE, CURL, NGINX, OPENSSL, TUN];

async function output([command, ...args]: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout } = await new Deno.Command(command, { args, stdin: "null", stderr: "null" }).output();
  return { code, text: new TextDecoder().decode(stdout) };
}

await testWith(NEEDED, "a long line carries every byte, and is gone afterwards", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.chmod(folder, 0o755);
    await Deno.writeTextFile(`${folder}/numbers.txt`, Array.from({ length: 100_000 }, (_, n) => `${n}\n`).join(""));
    {
      await using link = await openLink({ delayMs: 1, loss: 0.01, bitsPerSecond: 1e9 });
      const servers = [{ port: 8_080, directives: [`root ${folder}`] }];
      await using _nginx = await startNginx({ folder, servers, hostname: FAR_ADDRESS, prefix: link.far });
      const url = `http://${FAR_ADDRESS}:8080/numbers.txt`;
      const { code, text } = await output([...link.near, "curl", "-s", "--retry", "20", "--retry-connrefused", url]);
      assertEquals(code, 0);
      assertEquals(text, await Deno.readTextFile(`${folder}/numbers.txt`));
    }
    const { text } = await output(["ip", "netns", "list"]);
    assertEquals(text.includes(`bench-near-${Deno.pid}`), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

await testWith(NEEDED, "a line that loses everything carries nothing", async () => {
  await using link = await openLink({ delayMs: 1, loss: 1, bitsPerSecond: 1e9 });
  const asking = ["curl", "-s", "--connect-timeout", "1", `http://${FAR_ADDRESS}:8080/`];
  assertEquals((await output([...link.near, ...asking])).code, 28); // "operation timeout"
});

await testWith(NEEDED, "a line with a name that is taken is refused, and what was made is removed", async () => {
  await using _link = await openLink({ delayMs: 1, loss: 0, bitsPerSecond: 1e9 });
  await assertRejects(() => openLink({ delayMs: 1, loss: 0, bitsPerSecond: 1e9 }), Error, "netns add");
});
