/**
 * The programs that the compared clients are or need: whether they are there, in which version, and how to install them.
 *
 * @module
 */

/** The project's folder. */
export const ROOT = new URL("../", import.meta.url);

/** Where Node packages go, relative to the project: an absolute path would name the machine's user. */
const MODULES_FOLDER = "node_modules/.bench/";
const MODULES = new URL(MODULES_FOLDER, ROOT).pathname;

/** A program or a package. */
export interface Program {
  /** What it is called. */
  name: string;
  /** A command that prints its version, and fails where it isn't installed. */
  version: string[];
  /** The command that installs it, in the project's folder. */
  install: string[];
}

/** Node packages, which the clients written for Node find by {@linkcode NODE_ENV}. */
function nodePackage(name: string, version: string): Program {
  return {
    name,
    version: [
      "node",
      "-p",
      `require("node:module").createRequire(${JSON.stringify(MODULES)})("${name}/package.json").version`,
    ],
    install: [
      "npm",
      "install",
      "--silent",
      "--no-audit",
      "--no-fund",
      `--prefix=${MODULES_FOLDER}`,
      `${name}@${version}`,
    ],
  };
}

function debianPackage(name: string, version: string[], debian = name): Program {
  return { name, version, install: ["apt-get", "install", "-y", "--no-install-recommends", debian] };
}

/** Where Node finds the packages of the comparison. They are kept out of the project, which needs no node_modules. */
export const NODE_ENV = { BENCH_MODULES: MODULES };

/** Debian's Python, which has Debian's packages; another one may come first in PATH. */
export const PYTHON = "/usr/bin/python3";

/** GNU time, which says what a process used. Not the shell's keyword. */
export const TIME: Program = debianPackage("time", ["/usr/bin/time", "--version"]);
/** nghttp2's load generator. */
export const H2LOAD: Program = debianPackage("h2load", ["h2load", "--version"], "nghttp2-client");
/** An HTTP/1.1 load generator. */
export const HEY: Program = debianPackage("hey", ["sh", "-c", "command -v hey && dpkg-query -W -f '${Version}' hey"]);
/** The downloader that is everywhere. */
export const CURL: Program = debianPackage("curl", ["curl", "--version"]);
/** A downloader for lists of files. */
export const ARIA2: Program = debianPackage("aria2", ["aria2c", "--version"]);
/** GNU Wget's successor. */
export const WGET2: Program = debianPackage("wget2", ["wget2", "--version"]);
/** A web server. */
export const NGINX: Program = debianPackage("nginx", ["/usr/sbin/nginx", "-v"], "nginx-light");
/** nginx's module for brotli. */
export const NGINX_BROTLI: Program = debianPackage(
  "nginx brotli",
  ["dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-http-brotli-filter"],
  "libnginx-mod-http-brotli-filter",
);
/** nghttp2's server. */
export const NGHTTPD: Program = debianPackage("nghttpd", ["nghttpd", "--version"], "nghttp2-server");
/** The web server that is everywhere. */
export const APACHE: Program = debianPackage("apache2", ["/usr/sbin/apache2", "-v"]);
/** A web server in Go. */
export const CADDY: Program = debianPackage("caddy", ["caddy", "version"]);
/** A web server for HTTP/2 first of all. */
export const H2O: Program = debianPackage("h2o", ["h2o", "--version"]);
/** Debian's Python. */
export const PYTHON3: Program = debianPackage("python3", [PYTHON, "--version"]);
/** Python's HTTP/2, without the sockets. */
export const PYTHON_H2: Program = debianPackage(
  "python3-h2",
  [PYTHON, "-c", "import h2; print(h2.__version__)"],
);
/** Makes network namespaces. */
export const IPROUTE: Program = debianPackage("ip", ["ip", "-V"], "iproute2");
/** Makes the test certificate. */
export const OPENSSL: Program = debianPackage("openssl", ["openssl", "version"]);
/** The JavaScript runtime Deno is compared with. */
export const NODE: Program = debianPackage("node", ["node", "--version"], "nodejs");
/** Node's HTTP client as a package, newer than the one inside Node. */
export const UNDICI: Program = nodePackage("undici", "7.30.2");
/** Python's asynchronous HTTP client: the original demonstration's. */
export const AIOHTTP: Program = debianPackage(
  "aiohttp",
  [PYTHON, "-c", "import aiohttp; print(aiohttp.__version__)"],
  "python3-aiohttp",
);
/** Deno, which runs the comparison itself. */
export const DENO: Program = {
  name: "deno",
  version: [Deno.execPath(), "--version"],
  install: ["npm", "install", "-g", "deno"],
};

/**
 * The version of a program.
 *
 * @param program What to look for.
 * @returns The version number it prints, if it prints one; undefined if the program isn't there.
 */
export async function versionOf({ version: [command, ...args] }: Program): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    if (!success) return undefined;
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return /\d+(\.\d+)+/.exec(text)?.[0] ?? "of an unknown version";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The command that installs a program, as one would type it. */
export function installCommand({ install }: Program): string {
  return install.map((word) => /[^\w./=@:-]/.test(word) ? `'${word}'` : word).join(" ");
}
