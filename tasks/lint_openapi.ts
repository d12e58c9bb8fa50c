/**
 * Lints the OpenAPI document with Redocly's recommended rules: `deno task lint:openapi`.
 *
 * It neither reports home nor asks for updates, and needs no network once the package is cached.
 *
 * @module
 */

import { DELAY_MS } from "../constants.ts";
import { createApi } from "../site/api.ts";

const file = await Deno.makeTempFile({ suffix: ".json" });
try {
  await Deno.writeTextFile(file, JSON.stringify(createApi({ delay: DELAY_MS }).document(), null, 2));
  const { code } = await new Deno.Command(Deno.execPath(), {
    // A page that only redirects has no 2xx to say.
    args: [
      "run",
      "-A",
      "npm:@redocly/cli@2.77.0",
      "lint",
      file,
      "--extends",
      "recommended",
      "--skip-rule",
      "operation-2xx-response",
    ],
    env: { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  }).spawn().status;
  Deno.exitCode = code;
} finally {
  await Deno.remove(file);
}
