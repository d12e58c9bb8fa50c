import { Validator } from "@seriousme/openapi-schema-validator";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PARAMETER_LIST, queryName } from "../../site/parameters.ts";
import { testInBrowser } from "../helpers/browser.ts";
import { testNeeding } from "../helpers/needs.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

test("GET /openapi.json is valid OpenAPI 3.1", async () => {
  await using site = serveSite();
  const document = await (await fetch(`${site.url}openapi.json`)).json();
  assertEquals(await new Validator().validate(document), { valid: true });
  assertStringIncludes(document.openapi, "3.1.");
  assertEquals(Object.keys(document.paths).sort(), [
    "/anything",
    "/anything/{rest}",
    "/basic-auth/{user}/{password}",
    "/bearer",
    "/behaviour",
    "/ca.pem",
    "/cookies",
    "/cookies/set",
    "/digest-auth/{user}/{password}",
    "/headers",
    "/login",
    "/private/{n}",
    "/redirect-to",
    "/requests",
    "/response-headers",
    "/restart",
    "/robots.txt",
    "/scenarios",
    "/stats",
    "/urls",
    "/{n}",
  ]);
});

test("GET /openapi.json puts every operation under a heading of the docs page", async () => {
  await using site = serveSite();
  const document: Document = await (await fetch(`${site.url}openapi.json`)).json();
  const headings = document.tags.map(({ name }) => name);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { tags = [] }] of Object.entries(operations)) {
      assert(tags.length === 1 && headings.includes(tags[0]), `${method} ${path}: ${tags}`);
    }
  }
});

interface Document {
  tags: { name: string }[];
  paths: Record<string, Record<string, { tags?: string[] }>>;
}

test("GET /openapi.json has every parameter with its bounds, and what is done without it", async () => {
  await using site = serveSite({ behaviour: { delay: 5, fault: "STALL", gzip: true } });
  const document = await (await fetch(`${site.url}openapi.json`)).json();
  const parameters = document.paths["/{n}"].get.parameters as {
    name: string;
    in: string;
    description?: string;
    schema: Record<string, unknown>;
  }[];
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  for (const [name, parameter] of PARAMETER_LIST) {
    const { schema } = byName.get(queryName(name)) ?? {};
    assert(schema, name);
    if ("min" in parameter) assertEquals([schema.minimum, schema.maximum], [parameter.min, parameter.max]);
    if ("choices" in parameter) assertEquals(schema.enum, parameter.choices);
    if (parameter.kind === "switch") assertEquals(schema.type, "boolean");
    assertStringIncludes(String(schema.description), parameter.about);
  }
  assertEquals(byName.size, PARAMETER_LIST.length + 1);
  assertEquals(["delay", "fault", "gzip", "jitter"].map((name) => byName.get(name)?.schema.default), [
    5,
    "STALL",
    true,
    undefined,
  ]);
});

test("the docs' parts are here, and nothing else is", async () => {
  await using site = serveSite();
  for (const path of ["docs", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js"]) {
    const response = await fetch(site.url + path);
    assertEquals(response.status, 200);
    assert((await response.text()).length > 500);
  }
  for (const path of ["docs/x", "docs/../docs/swagger-ui.css.map"]) {
    const response = await fetch(site.url + path);
    assertEquals([response.status, await response.json()], [404, { detail: "Not Found" }]);
  }
  assertEquals(site.stats.report().requests, 0);
});

await testInBrowser("/docs shows every route and tries a page out, with no network", async (run) => {
  await using site = serveSite();
  await run("docs", site.url);
  assertEquals(site.stats.report().responses, { 200: 1 });
});
