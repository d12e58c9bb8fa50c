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

/** What files are renamed by. */
export interface FileSystem {
  /** The operating system, as `Deno.build.os`. */
  os: typeof Deno.build.os;
  /** Renames a file, in place of another. */
  rename: (from: string, to: string) => void;
  /** Gives a file a further name. */
  link: (from: string, to: string) => void;
  /** Removes a name. */
  remove: (path: string) => void;
  /** Waits. */
  sleep: (ms: number) => void;
}

const THIS: FileSystem = {
  os: Deno.build.os,
  rename: (from, to) => Deno.renameSync(from, to),
  link: (from, to) => Deno.linkSync(from, to),
  remove: (path) => Deno.removeSync(path),
  sleep: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
};

/**
 * Gives a file its name.
 *
 * @param from Where it is.
 * @param place Where it is to be.
 * @param fs What renames it. Default: this system.
 * @returns Whether it is there now; `false` if something else has that name, or one of its folders is a file.
 * @throws What else the file system says.
 */
export function placeFile(from: string, { folder, file, replaces }: Place, fs: FileSystem = THIS): boolean {
  const to = `${folder}/${file}`;
  const move = replaces ? fs.rename : (from: string, to: string) => moveToFree(from, to, fs);
  const put = fs.os === "windows" ? () => patiently(from, to, { fs, move }) : () => move(from, to);
  try {
    try {
      put();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || !file.includes("/")) throw error;
      Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
      put();
    }
    return true;
  } catch (error) {
    if (TAKEN.has(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/** Gives a file another name, but only one that nothing has: what renames would replace it. */
function moveToFree(from: string, to: string, fs: FileSystem): void {
  try {
    fs.link(from, to);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error) ?? "")) throw error;
    if (exists(to)) throw new Deno.errors.AlreadyExists(`${to} is there`);
    return fs.rename(from, to);
  }
  fs.remove(from);
}

/** Milliseconds between attempts on Windows; a second in all. */
const PATIENCE_MS = [10, 20, 50, 100, 200, 300, 320];

/** What Windows says of a file that another program has open: a virus scanner looks at each new one. */
const OPEN_ELSEWHERE = new Set(["EACCES", "EPERM", "EBUSY"]);

/** Renames on Windows, which refuses what is open elsewhere, and a folder's name with the same words. */
function patiently(
  from: string,
  to: string,
  { fs, move }: { fs: FileSystem; move: (from: string, to: string) => void },
): void {
  for (let nth = 0;; nth++) {
    try {
      return move(from, to);
    } catch (error) {
      if (!OPEN_ELSEWHERE.has(codeOf(error) ?? "")) throw error;
      if (isFolder(to)) throw new Deno.errors.AlreadyExists(`${to} is a folder`);
      if (nth === PATIENCE_MS.length) throw error;
      fs.sleep(PATIENCE_MS[nth]);
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false; // renaming says what is wrong
  }
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
