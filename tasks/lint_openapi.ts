/**
 * Lints the OpenAPI document with Redocly's recommended rules: `deno task lint:openapi`.
 *
 * It neither reports home nor asks for updates, and needs no network once the package is cached.
 *
 * @module
 */

import { DELAY_MS } from "../constants.ts";
import { createApi } from "../site/api.ts";

/** Operations that do nothing but redirect, and have no 2xx to say. */
const REDIRECTS = [
  "/cookies/set get",
  "/login get",
  ...["get", "post", "put", "patch", "delete"].map((method) => `/redirect-to ${method}`),
];

/** Redocly's list of what is known and right: by file, rule and place. */
function ignored(file: string): string {
  const places = REDIRECTS.map((operation) => {
    const [path, method] = operation.split(" ");
    return `    - "#/paths/${path.replaceAll("/", "~1")}/${method}/responses"\n`;
  });
  return `${file}:\n  operation-2xx-response:\n${places.join("")}`;
}

const folder = await Deno.makeTempDir();
try {
  await Deno.writeTextFile(`${folder}/api.json`, JSON.stringify(createApi({ delay: DELAY_MS }).document(), null, 2));
  await Deno.writeTextFile(
    `${folder}/redocly.yaml`,
    "extends:\n  - recommended\nrules:\n  operation-2xx-response: error\n",
  );
  await Deno.writeTextFile(`${folder}/.redocly.lint-ignore.yaml`, ignored("api.json"));
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "npm:@redocly/cli@2.77.0", "lint", "api.json", "--config", "redocly.yaml"],
    cwd: folder,
    env: { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  }).spawn().status;
  Deno.exitCode = code;
} finally {
  await Deno.remove(folder, { recursive: true });
}
