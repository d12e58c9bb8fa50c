/**
 * A finished file gets its name, in one step: whoever looks sees no file of that name, or the whole one.
 *
 * @module
 */

/** Where a file is to be. */
export interface Place {
  /** The folder, which is there. */
  folder: string;
  /** The file, a path within it. Its folders are created. */
  file: string;
  /** Whether what is there may be replaced, if it is a file. */
  replaces: boolean;
}

/**
 * Gives a file its name.
 *
 * @param from Where it is.
 * @param place Where it is to be.
 * @returns Whether it is there now; `false` if something else has that name, or one of its folders is a file.
 * @throws What else the file system says.
 */
export function placeFile(from: string, { folder, file, replaces }: Place): boolean {
  const to = `${folder}/${file}`;
  const put = replaces ? Deno.renameSync : moveToFree;
  try {
    try {
      put(from, to);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || !file.includes("/")) throw error;
      Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
      put(from, to);
    }
    return true;
  } catch (error) {
    if (TAKEN.has(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/** Gives a file another name, but only one that nothing has: what renames would replace it. */
function moveToFree(from: string, to: string): void {
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error) ?? "")) throw error;
    if (exists(to)) throw new Deno.errors.AlreadyExists(`${to} is there`);
    return Deno.renameSync(from, to);
  }
  Deno.removeSync(from);
}

/** What file systems without hard links say to one: FAT, and some that are mounted over a network. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/** What says that a name is something else's: a file's or a folder's, or that one of its folders is a file. */
const TAKEN = new Set(["EEXIST", "EISDIR", "ENOTDIR", "ENOTEMPTY", "ELOOP"]);

function codeOf(error: unknown): string | undefined {
  if (error instanceof Deno.errors.AlreadyExists) return "EEXIST";
  return error instanceof Error ? (error as Error & { code?: string }).code : undefined;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
