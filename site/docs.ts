/**
 * `/docs`: Swagger UI, served from here alone, so that it works with no network.
 *
 * It is loaded with the first request for it.
 *
 * @module
 */

import { themeCss } from "../lib/core/palette.ts";
import css from "swagger-ui-dist/swagger-ui.css" with { type: "text" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "text" };

/** Swagger UI's own greys are too light for text (WCAG 2.2, success criterion 1.4.3). */
const CONTRAST = `
.swagger-ui .info .title small .version { color: var(--ground) }
.swagger-ui .info .title small { background: var(--quiet) !important }
.swagger-ui :is(.link, .url, a.link, .info a, .info .base-url) { color: var(--async) }
.swagger-ui .opblock .opblock-summary-method { background: var(--async) !important; color: var(--ground); text-shadow: none }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: var(--failed) !important }
.swagger-ui .btn.cancel { color: var(--failed); border-color: var(--failed) }
.swagger-ui .btn.execute { background: var(--async); border-color: var(--async); color: var(--ground) }
.swagger-ui .download-contents { background: var(--quiet) !important; color: var(--ground) !important }
.swagger-ui .microlight span { color: inherit !important }
.swagger-ui :is(.parameter__in, .parameter__extension, .prop-format, .parameter__type) { color: var(--quiet) }
`;

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
<style>
${themeCss()}
html.dark-mode, html.dark-mode .swagger-ui { background: var(--ground) }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif }
nav { display: flex; gap: 1.25rem; max-width: 1460px; margin: 0 auto; padding: 0.9rem 20px }
nav a { padding: 0.25rem 0; color: var(--quiet); text-decoration: none }
nav a[aria-current] { color: var(--text); font-weight: 600; box-shadow: 0 2px var(--text) }
${CONTRAST}</style>
<nav aria-label="Pages of this site"><a href="/">Live</a> <a href="/docs" aria-current="page">Docs</a> <a href="/stats">Stats</a></nav>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>
const dark = matchMedia("(prefers-color-scheme: dark)");
const setMode = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", setMode);
setMode();
// Swagger UI leaves elements without a name, begins its headings at the second level, and puts links into buttons
const mend = (selector, change) => document.querySelectorAll("#docs " + selector).forEach(change);
const paramOf = (element) => element.closest("tr")?.dataset.paramName;
const setAll = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
};
function mendAll() {
  mend("select:not([aria-label])", (select) =>
    setAll(select, { "aria-label": select.id === "servers" ? "Server" : paramOf(select) ?? "Media type" }));
  mend("input:not([aria-label])", (input) => setAll(input, { "aria-label": paramOf(input) ?? input.placeholder }));
  mend(":is(h2, h3, h4, h5, h6):not([aria-level])", (heading) =>
    setAll(heading, { role: "heading", "aria-level": heading.tagName[1] - 1 }));
  mend("button a[href]", (link) => link.removeAttribute("href"));
  mend("table[role=region]:not([aria-label])", (table) => setAll(table, { "aria-label": table.id || "Answer" }));
  mend("pre:not([tabindex])", (text) => setAll(text, { tabindex: 0 }));
  mend(".information-container:not([role])", (part) => setAll(part, { role: "region", "aria-label": "About it" }));
  mend(".scheme-container:not([role])", (part) => setAll(part, { role: "region", "aria-label": "Servers" }));
}
new MutationObserver(mendAll).observe(document.getElementById("docs"), { childList: true, subtree: true });
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
</script>
`,
  }],
]);
