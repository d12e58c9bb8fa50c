/**
 * undici's Pool, and files that get their names when they are whole, and nothing around it. For Node and for Deno.
 *
 *     node bench/clients/undici_files.mjs LIST FOLDER CERTIFICATE LANES
 */

import { createWriteStream, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { load } from "./pages.mjs";

const { Pool } = load("undici");
const [list, folder, certificate, lanes] = process.argv.slice(2);
const urls = readFileSync(list, "utf8").trimEnd().split("\n").map((url) => new URL(url));
const pool = new Pool(urls[0].origin, { connections: Number(lanes), connect: { ca: readFileSync(certificate) } });
let next = 0;

await Promise.all(Array.from({ length: Number(lanes) }, async () => {
  for (let at = next++; at < urls.length; at = next++) {
    const { pathname: path } = urls[at];
    const { statusCode, headers, body } = await pool.request({ path, method: "GET" });
    if (statusCode !== 200) throw new Error(`${urls[at]}: ${statusCode}`);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const temporary = `${folder}/.${name}`;
    if (Number(headers["content-length"]) < 1_000_000) writeFileSync(temporary, await body.bytes());
    else await pipeline(body, createWriteStream(temporary));
    renameSync(temporary, `${folder}/${name}`);
  }
}));
await pool.close();
