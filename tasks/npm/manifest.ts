/**
 * What the npm package says of itself, and how modules that Deno has packed become those of the package.
 *
 * @module
 */

/** What is read of deno.json. */
export interface Config {
  /** The name for JSR, with a scope. */
  name: string;
  /** The version. */
  version: string;
  /** The licence. */
  license: string;
  /** The modules for whoever imports, by name. */
  exports: Record<string, string>;
}

/** The files of Swagger UI that are in the package, and not in one of their own. */
export const SWAGGER_UI = ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE"];

/**
 * A module of the package.
 *
 * @param text What `deno pack` has made: JavaScript, in which not all names of modules end in `.js`.
 * @param file Its path in the package.
 * @param imports The imports of deno.json, some of which `deno pack` has put in already.
 * @returns The same with names of modules that are in the package.
 * @throws {Error} If a name is left that isn't.
 */
export function forNode(text: string, file: string, imports: Record<string, string>): string {
  const up = "../".repeat(file.split("/").length - 1) || "./";
  const module = text
    .replaceAll(/((?:from|import|import\()\s*)"([^".][^"]*)"/g, (all, before, name) => {
      const [, path] = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@/.exec(imports[name] ?? "") ?? [];
      return path === undefined ? all : `${before}"${path}${imports[name].replace(/^npm:\/?@?[^@]*@[^/]+/, "")}"`;
    })
    .replaceAll(/((?:new URL|import\.meta\.resolve)\("\.{1,2}\/[^"]+)\.ts"/g, '$1.js"')
    .replaceAll(/"(?:\.{1,2}\/)+deno\.json"/g, `"${up}package.json"`)
    .replaceAll('"swagger-ui-dist/', `"${up}vendor/swagger-ui-dist/`);
  const code = module.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "");
  const [left] =
    /(?:from|import|import\(|resolve\(|new URL\()\s*"\.{1,2}\/[^"]*\.ts"|"(?:@std\/|npm:)[^"]*"/.exec(code) ?? [];
  if (left !== undefined) throw new Error(`${file} names a module that isn't in the package: ${left}`);
  return module;
}

/**
 * The modules that one names and that aren't there, by whichever way it names them.
 *
 * @param text A module of the package.
 * @param file Its path in the package.
 * @param has Whether the package has a file.
 */
export function missingModules(text: string, file: string, has: (path: string) => boolean): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "");
  const names = code.matchAll(/(?:from|import|import\(|resolve\(|new URL\()\s*"(\.{1,2}\/[^"]+\.js)"/g);
  return [...names].map(([, name]) => new URL(name, new URL(file, "file:///")).pathname.slice(1)).filter((path) =>
    !has(path)
  );
}

/**
 * The packages that modules import, with the versions that this project is tested with.
 *
 * @param modules Their text.
 * @param imports The imports of deno.json.
 * @returns Exact versions by package.
 * @throws {Error} If deno.json doesn't have one of them.
 */
export function dependenciesOf(modules: readonly string[], imports: Record<string, string>): Record<string, string> {
  const versions = new Map(
    Object.values(imports).map((specifier) => /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)/.exec(specifier))
      .flatMap((found) => found ? [[found[1], found[2]]] : []),
  );
  const names = new Set(modules.flatMap((text) => {
    const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "");
    return [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"((?:@[\w-]+\/)?[\w-]+)(?:\/[^"]*)?"/g)].map((
      [, name],
    ) => name);
  }));
  return Object.fromEntries(
    [...names].toSorted().map((name) => {
      const version = versions.get(name);
      if (version === undefined) throw new Error(`deno.json doesn't say which version of ${name} is imported`);
      return [name, version];
    }),
  );
}

/**
 * What package.json says.
 *
 * @param config deno.json.
 * @param needs The packages it depends on, and the version of Deno.
 * @returns An object for JSON.
 */
export function manifest(
  { name, version, license, exports }: Config,
  { dependencies, deno }: { dependencies: Record<string, string>; deno: string },
): Record<string, unknown> {
  const command = name.replace(/^@[^/]+\//, "");
  const modules = Object.entries(exports).map(([path, file]) => {
    const module = file.replace(/\.ts$/, "");
    return [path, { types: `${module}.d.ts`, deno: `${module}.js`, default: "./npm/node.mjs" }];
  });
  return {
    name: command,
    version,
    description:
      "Downloads every URL of a list, fast and politely, or says why not; and a slow website to test downloaders",
    keywords: ["download", "downloader", "deno", "http2", "cli", "resume", "test-server", "httpbin"],
    license,
    type: "module",
    bin: { [command]: "npm/bin.cjs" },
    man: [`./man/${command}.1`, `./man/${command}-server.1`],
    exports: { ...Object.fromEntries(modules), "./package.json": "./package.json" },
    types: "./download.d.ts",
    files: ["*.js", "*.d.ts", "lib/", "site/", "npm/", "vendor/", "man/", "completions/", "docs/", "CHANGELOG.md"],
    engines: { node: ">=18" },
    os: ["darwin", "linux", "win32"],
    cpu: ["x64", "arm64"],
    dependencies: { ...dependencies, deno },
  };
}
