/**
 * Makes the npm package: `deno task pack` writes it into the folder `npm`, and as a tarball beside what is in it.
 *
 * `deno pack` makes JavaScript and types of the modules. This adds the command that Node starts, which in turn starts the
 * Deno that the package `deno` brings; the completions, the manual pages, and Swagger UI's two files, so that its package,
 * whose own dependency reports installations to others, isn't needed.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { COMMAND, completions, SUBCOMMANDS } from "../lib/cli/completions.ts";
import { SHELLS } from "../lib/cli/flags.ts";
import { runFlags } from "../lib/cli/run_flags.ts";
import { download } from "../download.ts";
import { HELP_TEXT } from "../site/command/help.ts";
import { manPages } from "./man.ts";
import { dependenciesOf, forNode, manifest, missingModules, SWAGGER_UI } from "./npm/manifest.ts";

const ROOT = new URL("../", import.meta.url);

/** What of the tarball of `deno pack` goes into the package. */
const KEPT = /^(?:[a-z]+|(?:lib|site)\/.+)(?:\.js|\.d\.ts|\.css|\.html)$/;

/** What goes into the package as it is, besides the pages in docs. */
const COPIED = ["README.md", "CHANGELOG.md", "LICENSE", "docs/pictures/hero.svg", "docs/pictures/hero-narrow.svg"];

/** Runs a program to its end. */
async function run(program: string, args: string[], cwd: URL | string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

/** The files in a folder, as paths within it. */
function* filesIn(folder: string, path = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${path}`)) {
    if (isDirectory) yield* filesIn(folder, `${path}${name}/`);
    else yield path + name;
  }
}

/** Writes a file, and its folders. */
function write(path: string, content: string | Uint8Array): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
}

/**
 * Writes the package.
 *
 * @param out The folder that it goes into, which is replaced.
 * @returns The path of the tarball.
 */
export async function pack(out: string): Promise<string> {
  const made = await Deno.makeTempDir();
  try {
    await run(Deno.execPath(), ["pack", "--allow-dirty", "--no-source-maps", "-o", `${made}/made.tgz`], ROOT);
    await run("tar", ["-xzf", "made.tgz"], made);
    await Deno.remove(out, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    writeModules(`${made}/package`, out);
  } finally {
    await Deno.remove(made, { recursive: true });
  }
  writeSwaggerUi(out);
  const docs = [...Deno.readDirSync(new URL("docs", ROOT))].map(({ name }) => `docs/${name}`);
  for (const file of [...COPIED, ...docs.filter((path) => path.endsWith(".md"))]) {
    write(`${out}/${file}`, Deno.readFileSync(new URL(file, ROOT)));
  }
  for (const [name, page] of Object.entries(manPages())) write(`${out}/man/${name}`, page);
  for (const shell of SHELLS) {
    const own = completions(shell, { words: [COMMAND], flags: runFlags(download) });
    const others = SUBCOMMANDS.map((word) => completions(shell, { words: [COMMAND, word], flags: HELP_TEXT.flags }));
    write(`${out}/completions/${COMMAND}.${shell}`, [own, ...others].join(""));
  }
  const [tarball] = JSON.parse(await run(npm(), ["pack", "--json", "--ignore-scripts"], out));
  return `${out}/${tarball.filename}`;
}

/** npm is a script with another name on Windows. */
const npm = (os: typeof Deno.build.os = Deno.build.os) => os === "windows" ? "npm.cmd" : "npm";

/** Writes the modules, the command, and package.json with the packages that they name. */
function writeModules(made: string, out: string): void {
  const modules = new Map<string, string>();
  for (const file of filesIn(made)) {
    if (!KEPT.test(file)) continue;
    const text = Deno.readTextFileSync(`${made}/${file}`);
    const content = file.endsWith(".js") ? forNode(text, file, config.imports) : text;
    if (file.endsWith(".js")) modules.set(file, content);
    write(`${out}/${file}`, content);
  }
  for (const name of ["bin.cjs", "node.mjs"]) {
    write(`${out}/npm/${name}`, Deno.readFileSync(new URL(`npm/${name}`, import.meta.url)));
  }
  if (Deno.build.os !== "windows") Deno.chmodSync(`${out}/npm/bin.cjs`, 0o755);
  for (const [file, text] of modules) {
    const missing = missingModules(text, file, (path) => modules.has(path) || path.startsWith("vendor/"));
    if (missing.length > 0) throw new Error(`${file} names what isn't in the package: ${missing.join(", ")}`);
  }
  const dependencies = dependenciesOf([...modules.values()], config.imports);
  write(`${out}/package.json`, JSON.stringify(manifest(config, { dependencies, deno: Deno.version.deno }), null, 2));
}

/** Copies the two files of Swagger UI, with the licence that says that they may be copied. */
function writeSwaggerUi(out: string): void {
  for (const file of SWAGGER_UI) {
    const from = import.meta.resolve(`swagger-ui-dist/${file}`);
    write(`${out}/vendor/swagger-ui-dist/${file}`, Deno.readFileSync(new URL(from)));
  }
}

if (import.meta.main) {
  const tarball = await pack(`${import.meta.dirname}/../npm`);
  console.log(`${Deno.realPathSync(tarball)}: ${Math.round(Deno.statSync(tarball).size / 1e3)} KB`);
}
