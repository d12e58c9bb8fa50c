/**
 * Tests in a headless Chromium. Each drives it from a script of its own in `browser/`, in a process of its own:
 * Playwright reads files that nothing less than `--allow-all` allows, which the other tests needn't have.
 *
 * @module
 */

/** Runs `browser/NAME.ts` with arguments, and throws what it said if it fails. */
export type RunScript = (name: string, ...args: string[]) => Promise<void>;

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * A test in a browser; left out, by name and with the reason, where there is none.
 *
 * @param name What the test shows.
 * @param test The test.
 */
export async function testInBrowser(name: string, test: (run: RunScript) => Promise<void>): Promise<void> {
  const missing: string[] = [];
  for (const permission of [{ name: "run" }, { name: "read" }, { name: "net", host: "127.0.0.1" }] as const) {
    if ((await Deno.permissions.request(permission)).state !== "granted") missing.push(`--allow-${permission.name}`);
  }
  const chromium = missing.length ? undefined : PLACES.find(isFile);
  if (!missing.length && !chromium) missing.push("Chromium, for example from Debian's package chromium");
  if (!chromium) return Deno.test.ignore(`${name} (left out: needs ${missing.join(", ")})`, () => {});
  Deno.test(name, () =>
    test(async (script, ...args) => {
      const path = new URL(`./browser/${script}.ts`, import.meta.url).pathname;
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", path, chromium, ...args],
        stdout: "inherit",
      }).output();
      if (!success) throw new Error(`${script} failed in the browser: ${new TextDecoder().decode(stderr)}`);
    }));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
