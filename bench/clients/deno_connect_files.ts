/**
 * Bare connections, and files that get their names when they are whole, and nothing around it: what everything costs at
 * least that speaks HTTP/1.1 in JavaScript on Deno. It knows no more of HTTP than nginx says here.
 *
 *     deno run -A bench/clients/deno_connect_files.ts LIST FOLDER CERTIFICATE LANES
 */

const [list, folder, certificate, lanes] = Deno.args;
const caCerts = [await Deno.readTextFile(certificate)];
const urls = (await Deno.readTextFile(list)).trimEnd().split("\n").map((url) => new URL(url));
const latin1 = new TextDecoder("latin1");
let next = 0;

function connect({ protocol, hostname, port }: URL): Promise<Deno.Conn> {
  const address = { hostname, port: Number(port) };
  return protocol === "https:" ? Deno.connectTls({ ...address, caCerts }) : Deno.connect(address);
}

function bytes(read: number | null): number {
  if (read === null) throw new Error("the connection ended too early");
  return read;
}

await Promise.all(Array.from({ length: Number(lanes) }, async () => {
  let connection = await connect(urls[0]);
  const buffer = new Uint8Array(2 ** 19);
  for (let at = next++; at < urls.length; at = next++) {
    const { host, pathname } = urls[at];
    await connection.write(new TextEncoder().encode(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
    let head = "";
    let end = -1;
    let filled = 0;
    while ((end = head.indexOf("\r\n\r\n")) < 0) {
      filled += bytes(await connection.read(buffer.subarray(filled)));
      head = latin1.decode(buffer.subarray(0, Math.min(filled, 1_024)));
    }
    const start = end + 4;
    const name = pathname.slice(pathname.lastIndexOf("/") + 1);
    const temporary = `${folder}/.${name}`;
    using file = Deno.openSync(temporary, { write: true, create: true });
    let left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    for (let from = start; left > 0; from = 0, filled = 0) {
      while (filled < buffer.length && filled - from < left) {
        filled += bytes(await connection.read(buffer.subarray(filled)));
      }
      file.writeSync(buffer.subarray(from, filled));
      left -= filled - from;
    }
    Deno.renameSync(temporary, `${folder}/${name}`);
    if (!/connection: close/i.test(head)) continue;
    connection.close(); // nginx does so after 1,000 requests
    connection = await connect(urls[0]);
  }
  connection.close();
}));
