import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { withStdFromJsr } from "../../tasks/std_jsr.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read");

const ROOT = new URL("../../", import.meta.url);

/** The packages of std that are used here, and their modules' names on JSR: https://jsr.io/@std, version 1. */
const ON_JSR: Record<string, readonly string[]> = {
  "@std/assert": ["."],
  "@std/async": ["./delay", "./retry"],
  "@std/cli": ["./parse-args"],
  "@std/csv": ["./parse"],
  "@std/http": ["./status"],
  "@std/streams": ["./text-line-stream"],
  "@std/text": ["./closest-string"],
  "@std/yaml": ["./parse"],
};

Deno.test("withStdFromJsr() has each package of std once, and nothing else of deno.json changed", () => {
  const { imports, compilerOptions, ...rest } = withStdFromJsr(config);
  const { imports: before, compilerOptions: _, ...restBefore } = config;
  assertEquals(rest, restBefore);
  assertEquals(Object.keys(compilerOptions), []);
  const isStd = ([name]: [string, string]) => name.startsWith("@std/");
  assertEquals(
    Object.entries(imports).filter((each) => !isStd(each)),
    Object.entries(before).filter((each) => !isStd(each)),
  );
  assertEquals(
    Object.fromEntries(Object.entries(imports).filter(isStd)),
    Object.fromEntries(Object.keys(ON_JSR).map((name) => [name, `jsr:${name}@1`])),
  );
  assertEquals(withStdFromJsr({ imports, compilerOptions }), { imports, compilerOptions }, "again, it changes nothing");
});

Deno.test("withStdFromJsr() keeps other types and options of the compiler", () => {
  const compilerOptions = { strict: true, types: ["./types/deno_std.d.ts", "./types/other.d.ts"] };
  assertEquals(withStdFromJsr({ imports: {}, compilerOptions }).compilerOptions, {
    strict: true,
    types: ["./types/other.d.ts"],
  });
});

/** The modules of this project. */
function* modulesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory && !/^(npm|node_modules|coverage|\..*)$/.test(name)) yield* modulesIn(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield folder + name;
  }
}

test("Every module of std that is imported here has the same name on JSR, and npm's has the same exports", async () => {
  const used = new Map<string, Set<string>>();
  for (const file of modulesIn("./")) {
    const text = Deno.readTextFileSync(new URL(file, ROOT));
    for (const [, names, module] of text.matchAll(/^import (?:type )?\{([^}]*)\} from "(@std\/[^"]+)";/gm)) {
      const set = used.get(module) ?? new Set();
      used.set(module, set);
      for (const name of names.split(",")) if (name.trim()) set.add(name.trim().replace(/ as .*/, ""));
    }
  }
  assert(used.size >= 5);
  for (const [module, names] of used) {
    const [, pkg, path] = /^(@std\/[^/]+)(\/.*)?$/.exec(module) ?? [];
    assert(ON_JSR[pkg]?.includes(path === undefined ? "." : `.${path}`), `${module} is not on JSR`);
    const exported = Object.keys(await import(module));
    assertEquals([...names].filter((name) => !exported.includes(name)), [], module);
  }
});
