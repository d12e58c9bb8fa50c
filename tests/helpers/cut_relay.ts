/**
 * Passes TCP connections on, so that what listens on 127.0.0.1 has further addresses: `cut_relay.ts FROM=TO...`, each an
 * address with its port. Prints a line when it listens.
 *
 * @module
 */

function parse(address: string): Deno.ConnectOptions & { hostname: string } {
  const colon = address.lastIndexOf(":");
  return { hostname: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

async function pass(from: Deno.Conn, to: Deno.ConnectOptions): Promise<void> {
  try {
    const conn = await Deno.connect(to);
    await Promise.allSettled([from.readable.pipeTo(conn.writable), conn.readable.pipeTo(from.writable)]);
  } catch {
    from.close(); // as if nothing listened there
  }
}

async function relay(from: Deno.ConnectOptions & { hostname: string }, to: Deno.ConnectOptions): Promise<void> {
  for await (const conn of Deno.listen(from)) void pass(conn, to);
}

for (const pair of Deno.args) {
  const [from, to] = pair.split("=");
  void relay(parse(from), parse(to));
}
console.log("ready");
