/**
 * Takes Deno's standard library from JSR in place of npm: `deno task std:jsr`. No other file than deno.json changes, since
 * the code names std's modules as JSR does.
 *
 * @module
 */

/** What is changed of deno.json. */
export interface StdConfig {
  /** Where names that modules import are found. */
  imports: Record<string, string>;
  /** Of which `types` holds those of npm's package, which has none. */
  compilerOptions?: { types?: string[] };
}

/** The types that only npm's package needs. */
const NPM_TYPES = "./types/deno_std.d.ts";

/**
 * deno.json with std from JSR.
 *
 * @param config What it is now, with std from npm or JSR.
 * @returns What it is to be. Other fields stay as they are, and in their order.
 */
export function withStdFromJsr<C extends StdConfig>(config: C): C {
  const imports: Record<string, string> = {};
  for (const [name, target] of Object.entries(config.imports)) {
    if (!name.startsWith("@std/")) imports[name] = target;
    else {
      const [, parts] = /^(@std\/[^/]+)/.exec(name) ?? [];
      imports[parts ?? name] = `jsr:${parts}@1`;
    }
  }
  const { types = [], ...others } = config.compilerOptions ?? {};
  const left = types.filter((each) => each !== NPM_TYPES);
  return { ...config, imports, compilerOptions: { ...others, ...left.length > 0 && { types: left } } };
}

if (import.meta.main) {
  const path = new URL("../deno.json", import.meta.url);
  await Deno.writeTextFile(
    path,
    `${JSON.stringify(withStdFromJsr(JSON.parse(await Deno.readTextFile(path))), null, 2)}\n`,
  );
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen=false"],
    cwd: new URL(".", path),
  }).spawn().status;
  if (code !== 0) {
    console.error("std:jsr: deno.json is changed, but JSR can't be reached; git checkout deno.json undoes it");
  }
  Deno.exit(code);
}
