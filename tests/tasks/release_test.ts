import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { INCLUDED } from "../../tasks/compile.ts";
import { changelogProblems, versionProblems } from "../../tasks/release/problems.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "run");

const ROOT = new URL("../../", import.meta.url);

Deno.test("versionProblems() wants a semantic version that isn't released, and the User-Agent header to say it", () => {
  const known = { tags: ["v1.0.0"], userAgent: "x/1.1" };
  assertEquals(versionProblems("1.1.0", known), []);
  assertEquals(versionProblems("1.1.0-rc.1", known), []);
  assertEquals(versionProblems("1.0.0", { ...known, userAgent: "x/1.0" }), [
    "v1.0.0 is released already; raise the version in deno.json",
  ]);
  assertEquals(versionProblems("1.2.0", known), ["USER_AGENT in constants.ts says 1.1, not 1.2"]);
  for (const version of ["1.1", "v1.1.0", "1.1.0.0", "01.1.0"]) {
    assert(versionProblems(version, known).some((problem) => problem.includes("is not a semantic version")), version);
  }
});

Deno.test("changelogProblems() wants an entry with a date and changes for the version, and nothing unreleased", () => {
  const of = (...lines: string[]) => changelogProblems(`# Changelog\n\n${lines.join("\n")}\n`, "1.1.0");
  const entry = ["## 1.1.0 - 2026-11-25", "", "### Added", "", "- It."];
  assertEquals(of(...entry, "", "## 1.0.0 - 2026-11-22", "- Old."), []);
  assertEquals(of("## Unreleased", "", ...entry), []);
  assertEquals(of("## Unreleased", "- New.", ...entry), ['what is under "Unreleased" belongs under 1.1.0']);
  assertEquals(of("## Unreleased"), ['its newest entry is none, not "## 1.1.0 - YYYY-MM-DD"']);
  assertEquals(of("## 1.0.0 - 2026-11-22", "- Old."), ['its newest entry is 1.0.0, not "## 1.1.0 - YYYY-MM-DD"']);
  assertEquals(of("## 1.1.0 - 2026-13-25", "- It."), ["2026-13-25 is not a date"]);
  assertEquals(of("## 1.1.0 - 2026-11-25", ""), ["the entry of 1.1.0 says nothing"]);
  assertEquals(of(...entry, "### News"), ["it has changes of unknown kinds: News"]);
});

test("The version stands in deno.json and nowhere else", () => {
  const { stdout } = new Deno.Command("git", {
    args: [
      "grep",
      "-lF",
      `"${config.version}"`,
      "--",
      "*.json",
      "*.ts",
      "*.cjs",
      "*.mjs",
      "*.yml",
      ":!bench",
      ":!tests",
    ],
    cwd: ROOT,
  }).outputSync();
  assertEquals(new TextDecoder().decode(stdout).trim(), "deno.json");
});

test("deno task release refuses a wrong flag in one line, before it checks anything", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tasks/release.ts", "--nonsense"],
    cwd: ROOT,
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [2, ""]);
  assertMatch(new TextDecoder().decode(stderr), /^release: unknown flag --nonsense.*\n$/);
});

/** The modules that are named in code, and not imported by a name that `deno compile` sees. */
function namedInCode(): string[] {
  const files = (folder: string): string[] =>
    [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) =>
      isDirectory ? files(`${folder}${name}/`) : name.endsWith(".ts") ? [folder + name] : []
    );
  const all = [...files("lib/"), ...files("site/"), "download.ts", "server.ts"];
  return [
    ...new Set(all.flatMap((file) => {
      const text = Deno.readTextFileSync(new URL(file, ROOT));
      return [...text.matchAll(/(?:import\.meta\.resolve\(|new URL\()"(\.{1,2}\/[^"]+\.ts)"/g)].map(([, path]) =>
        new URL(path, new URL(file, "file:///")).pathname.slice(1)
      );
    })),
  ].toSorted();
}

test("deno task compile includes every module that is only named in code", () => {
  assertEquals(INCLUDED.toSorted(), namedInCode().filter((file) => file !== "server.ts"));
});
