/**
 * `/docs`: Swagger UI, served from here alone, so that it works with no network.
 *
 * It is loaded with the first request for it.
 *
 * @module
 */

import css from "swagger-ui-dist/swagger-ui.css" with { type: "text" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "text" };

/** The page, and its parts by path. Everything they load is here, and the browser is forbidden to load anything else. */
export const DOCS: ReadonlyMap<string, { type: string; text: string }> = new Map([
  ["/docs/swagger-ui.css", { type: "text/css; charset=utf-8", text: css }],
  ["/docs/swagger-ui-bundle.js", { type: "text/javascript; charset=utf-8", text: bundle }],
  ["/docs", {
    type: "text/html; charset=utf-8",
    text: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy"
  content="default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:">
<title>A slow website: docs</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
</script>
`,
  }],
]);
