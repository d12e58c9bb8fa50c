/**
 * Reports what the tests have covered, and fails below the thresholds of deno.json: the last part of `deno task ok`.
 *
 * Some tests kill processes while these may be writing what they have covered. `deno coverage` gives up on such a torn
 * file (and `deno test --coverage` does so without failing), so they are removed first.
 *
 * @module
 */

const FOLDER = "coverage";

for (const { name } of Deno.readDirSync(FOLDER)) {
  const file = `${FOLDER}/${name}`;
  if (name.endsWith(".json") && !Deno.readTextFileSync(file).trimEnd().endsWith("}")) Deno.removeSync(file);
}
const { code } = await new Deno.Command(Deno.execPath(), { args: ["coverage", FOLDER] }).spawn().status;
Deno.exit(code);
