/**
 * Deno's fetch, and files that get their names when they are whole, and nothing around it: what everything costs at least
 * that is built on it and leaves no half file.
 *
 *     deno run -A bench/clients/deno_fetch_files.ts LIST FOLDER CERTIFICATE LANES
 */

const [list, folder, certificate, lanes] = Deno.args;
const caCerts = [await Deno.readTextFile(certificate)];
const client = Deno.createHttpClient({ http1: true, http2: false, caCerts, poolMaxIdlePerHost: Number(lanes) });
const urls = (await Deno.readTextFile(list)).trimEnd().split("\n");
let next = 0;

await Promise.all(Array.from({ length: Number(lanes) }, async () => {
  for (let at = next++; at < urls.length; at = next++) {
    const response = await fetch(urls[at], { client });
    if (!response.ok) throw new Error(`${urls[at]}: ${response.status}`);
    const name = urls[at].slice(urls[at].lastIndexOf("/") + 1);
    const temporary = `${folder}/.${name}`;
    if (Number(response.headers.get("content-length")) < 1_000_000) {
      Deno.writeFileSync(temporary, await response.bytes());
    } else {
      const file = await Deno.open(temporary, { write: true, create: true });
      await response.body?.pipeTo(file.writable);
    }
    Deno.renameSync(temporary, `${folder}/${name}`);
  }
}));
client.close();
