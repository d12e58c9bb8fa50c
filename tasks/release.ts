/**
 * Checks whether what is here can be released, and says what to do then. It publishes nothing.
 *
 *     deno task release          everything, with `deno task ok`: as long as that takes
 *     deno task release --quick  all but that
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { USER_AGENT } from "../constants.ts";
import { HELP, switchFlag } from "../lib/cli/flags.ts";
import { command } from "../lib/cli/command.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { print, tell } from "../lib/core/print.ts";
import { changelogProblems, versionProblems } from "./release/problems.ts";

const ROOT = new URL("../", import.meta.url);

const FLAGS = { quick: switchFlag({ about: "leave out deno task ok" }), help: HELP };

const HELP_TEXT = {
  usage: "deno task release [flags]",
  about: "Checks whether what is here can be released, and says what to do then. It publishes nothing.",
  flags: FLAGS,
};

/** Runs a program to its end. */
async function output(program: string, ...args: string[]): Promise<{ success: boolean; stdout: string; said: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd: ROOT }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, stdout: out, said: (err || out).trim().split("\n").slice(-5).join(" | ") };
}

/** What must hold, by its name; each gives what is wrong. */
const CHECKS: Record<string, () => Promise<string[]> | string[]> = {
  async "everything is committed"() {
    const { stdout } = await output("git", "status", "--porcelain");
    return stdout === ""
      ? []
      : [`these files aren't: ${stdout.trim().split("\n").map((line) => line.slice(3)).join(", ")}`];
  },
  async "the version is new, and said in one place"() {
    const { stdout } = await output("git", "tag", "--list");
    return versionProblems(config.version, { tags: stdout.trim().split("\n"), userAgent: USER_AGENT });
  },
  "CHANGELOG.md says what is new in it": () =>
    changelogProblems(Deno.readTextFileSync(new URL("CHANGELOG.md", ROOT)), config.version),
  async "JSR would take it"() {
    const { success, said } = await output(Deno.execPath(), "publish", "--dry-run", "--allow-dirty", "--quiet");
    return success ? [] : [said];
  },
  async "the npm package can be made"() {
    const { success, said } = await output(Deno.execPath(), "run", "-A", "tasks/pack.ts");
    return success ? [] : [said];
  },
};

async function release(args: readonly string[], signal: AbortSignal): Promise<number> {
  const flags = parseFlags(args, FLAGS);
  if (flags.help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  const checks = { ...CHECKS };
  if (!flags.quick) {
    checks["deno task ok"] = async () => {
      const { success, said } = await output(Deno.execPath(), "task", "ok");
      return success ? [] : [said];
    };
  }
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (signal.aborted) break;
    const problems = await check();
    if (problems.length > 0) failed++;
    print([`${problems.length === 0 ? "ok" : "NOT"}  ${name}`, ...problems.map((problem) => `       ${problem}`)]);
  }
  if (failed > 0) {
    tell(`release: ${failed} of ${Object.keys(checks).length} don't hold; nothing was published`);
    return 1;
  }
  const { version } = config;
  print(
    `\nTo release it: git tag v${version} && git push origin v${version}; .github/workflows/release.yml does the rest.`,
  );
  return 0;
}

if (import.meta.main) Deno.exit(await command("release", (signal) => release(Deno.args, signal)));
