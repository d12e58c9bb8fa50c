/**
 * The installed command as one program: `deno task compile` makes it, with everything it needs inside.
 *
 *     download-stuff urls.txt -o files
 *     download-stuff server --port 8001
 *
 * @module
 */

if (Deno.args[0] === "server") await import("../server.ts");
else {
  const [{ run }, { download }] = await Promise.all([import("../lib/cli/run.ts"), import("../download.ts")]);
  Deno.exit(await run(download));
}
