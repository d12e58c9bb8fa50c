/**
 * Files to download, with their checksums.
 *
 * @module
 */

/** A number of files of one size. */
export interface FileSet {
  /** What it is called, and the folder it is in. */
  name: string;
  /** How many files. */
  files: number;
  /** Bytes of each. */
  bytes: number;
}

/**
 * Writes files of random bytes and their SHA-256 sums.
 *
 * @param set Which files.
 * @param root The folder to put their folder in; the sums go to `NAME.sha256` beside it.
 */
export async function makeFiles({ name, files, bytes }: FileSet, root: string): Promise<void> {
  await Deno.mkdir(`${root}/${name}`);
  const chunk = new Uint8Array(Math.min(bytes, 65_536)); // as much as getRandomValues fills in one go
  for (let i = 0; i < files; i++) {
    using file = await Deno.open(`${root}/${name}/${fileName(i)}`, { write: true, create: true });
    const writer = file.writable.getWriter();
    for (let left = bytes; left > 0; left -= chunk.length) {
      await writer.write(crypto.getRandomValues(chunk).slice(0, left));
    }
    writer.releaseLock();
  }
  const sums = await sha256sum(["sh", "-c", "exec sha256sum -- *"], `${root}/${name}`);
  if (sums.code !== 0) throw new Error(`sha256sum failed: ${sums.stderr}`);
  await Deno.writeTextFile(`${root}/${name}.sha256`, sums.stdout);
}

/** The URLs of a set's files, one per line. */
export function urlList({ name, files }: FileSet, url: string): string {
  return Array.from({ length: files }, (_, i) => `${url}${name}/${fileName(i)}\n`).join("");
}

/**
 * Checks downloaded files against the sums, and that there are no others.
 *
 * @param set Which files there must be.
 * @param sums The file with their sums.
 * @param folder Where they were put. Hidden files in it are not looked at.
 * @throws {Error} If one is missing, wrong, or too many.
 */
export async function checkFiles({ files }: FileSet, sums: string, folder: string): Promise<void> {
  const found = [...Deno.readDirSync(folder)].filter(({ name }) => !name.startsWith(".")).length;
  if (found !== files) throw new Error(`There are ${found} files, not ${files}`);
  const { code, stdout, stderr } = await sha256sum(["sha256sum", "--check", "--quiet", "--strict", sums], folder);
  if (code !== 0) throw new Error(`Not the right files: ${(stdout + stderr).slice(0, 200)}`);
}

function fileName(i: number): string {
  return `file${String(i).padStart(5, "0")}.bin`;
}

async function sha256sum([command, ...args]: string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
