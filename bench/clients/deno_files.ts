/**
 * What the clients for files on Deno have in common: lanes that take one URL after another, and files that get their names
 * when they are whole.
 *
 *     deno run -A CLIENT.ts LIST FOLDER CERTIFICATE LANES
 *
 * @module
 */

const [list, folder, certificate, lanes] = Deno.args;

/** Downloads at once. */
export const LANES = Number(lanes);

/** What to trust. */
export const CA_CERTS: string[] = [await Deno.readTextFile(certificate)];

/** Saves the body of a URL to a file that isn't there yet. */
export type Save = (url: URL, path: string) => Promise<void>;

/**
 * Downloads the list.
 *
 * @param lane What a lane does with each of its URLs.
 */
export async function download(lane: () => Save): Promise<void> {
  const urls = (await Deno.readTextFile(list)).trimEnd().split("\n");
  let next = 0;
  await Promise.all(Array.from({ length: LANES }, async () => {
    const save = lane();
    for (let at = next++; at < urls.length; at = next++) {
      const url = new URL(urls[at]);
      const name = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
      await save(url, `${folder}/.${name}`);
      Deno.renameSync(`${folder}/.${name}`, `${folder}/${name}`);
    }
  }));
}
