/**
 * `/behaviour`, `/scenarios` and `/requests`: what the site does, changed while it runs, and what its clients did.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { ApiApp, Controls } from "./api.ts";
import { methodNotAllowed, type Problem, unprocessable } from "./errors.ts";
import { bounds, type Parameter, queryName } from "./parameters.ts";
import { error } from "./routes.ts";
import { ownPageSetting, SETTING_LIST, type Settings } from "./settings.ts";
import { TAGS } from "./tags.ts";

/** Bytes of a body at most. */
const MAX_BODY = 65_536;

const schema = z.strictObject(
  Object.fromEntries(SETTING_LIST.map(([name, parameter]) => [queryName(name), jsonSchema(parameter).optional()])),
);

/** Adds the pages. */
export function addRunTime(app: ApiApp, controls: Controls): void {
  const { settings, configure, scenarios = {} } = controls;
  app.openapi(getBehaviour, (c) => c.json(toJson(settings?.() ?? {}), 200) as never);
  // Not by `openapi()`, which would read the body, and only where it is said to be JSON.
  app.openAPIRegistry.registerPath(putBehaviour);
  app.put("/behaviour", async (c) => {
    const scenario = c.req.query("scenario");
    if (scenario !== undefined && !Object.hasOwn(scenarios, scenario)) {
      const msg = `Input should be one of ${Object.keys(scenarios).join(", ") || "those of --scenarios FILE"}`;
      return unprocessable([{ type: "value_error", loc: ["query", "scenario"], msg, input: scenario }]) as never;
    }
    const read = scenario === undefined ? readSettings(await bodyOf(c.req.raw)) : readSettings(scenarios[scenario]);
    if (Array.isArray(read)) return unprocessable(read) as never;
    const idle = controls.isUpstream ? ownPageSetting(read) : undefined;
    if (idle) {
      const msg = "Input should be nothing that says what pages hold, since those are the upstream's";
      const name = queryName(idle);
      return unprocessable([{ type: "value_error", loc: ["body", name], msg, input: String(read[idle]) }]) as never;
    }
    configure?.(read);
    return c.json(toJson(settings?.() ?? {}), 200) as never;
  });
  app.openapi(deleteBehaviour, (c) => {
    configure?.();
    return c.json(toJson(settings?.() ?? {}), 200) as never;
  });
  app.openapi(getScenarios, (c) => c.json(scenarios, 200) as never);
  app.openapi(getRequests, (c) => {
    const { status, ...filter } = c.req.valid("query");
    const journal = controls.journal?.();
    const found = journal?.find({ ...filter, status: status === undefined ? undefined : Number(status) }) ?? [];
    return c.json({ kept: settings?.().journal ?? 0, requests: found }, 200) as never;
  });
  app.openapi(deleteRequests, () => {
    controls.journal?.()?.clear();
    return new Response(null, { status: 204 });
  });
  app.all("/behaviour", () => methodNotAllowed("GET, HEAD, PUT, DELETE"));
  app.all("/scenarios", () => methodNotAllowed("GET, HEAD"));
  app.all("/requests", () => methodNotAllowed("GET, HEAD, DELETE"));
}

/**
 * Reads settings as they stand in JSON.
 *
 * @param json The names with underscores, as in a query.
 * @returns The settings; or what is wrong with them.
 */
export function readSettings(json: unknown): Settings | Problem[] {
  const { success, data, error } = schema.safeParse(json);
  if (success) {
    const all = SETTING_LIST.map(([name]) => [name, data[queryName(name)]]).filter(([, value]) => value !== undefined);
    return Object.fromEntries(all);
  }
  return error.issues.map((issue): Problem => {
    const isUnknown = issue.code === "unrecognized_keys";
    const name = String(isUnknown ? issue.keys[0] : issue.path[0] ?? "");
    const given = name ? (json as Record<string, unknown>)[name] : json;
    const msg = isUnknown
      ? "Unknown parameter"
      : name
      ? `Input should be ${issue.message}`
      : "Input should be an object";
    return { type: "value_error", loc: ["body", name], msg, input: JSON.stringify(given) ?? "" };
  });
}

function toJson(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [queryName(name), value]));
}

/** A body as JSON; undefined if it is none, or larger than it may be. */
async function bodyOf(request: Request): Promise<unknown> {
  let text = "";
  for await (const piece of request.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.length > MAX_BODY) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonSchema(parameter: Parameter): z.ZodType {
  const words = bounds(parameter);
  const described = <T extends z.ZodType>(type: T) => type.openapi({ description: `${parameter.about}: ${words}` });
  switch (parameter.kind) {
    case "choice":
      return described(z.enum(parameter.choices as [string, ...string[]], words));
    case "switch":
      return described(z.boolean(words));
    case "integer":
      return described(z.int(words).min(parameter.min, words).max(parameter.max, words));
    default:
      return described(z.number(words).min(parameter.min, words).max(parameter.max, words));
  }
}

const behaviourNow = {
  description: "What the site does now, for requests that don't ask otherwise.",
  content: { "application/json": { schema } },
};

const getBehaviour = createRoute({
  method: "get",
  path: "/behaviour",
  operationId: "getBehaviour",
  tags: [TAGS.running],
  summary: "What the site does",
  responses: { 200: behaviourNow, 405: error("Another method than those here.") },
});

const putBehaviour = createRoute({
  method: "put",
  path: "/behaviour",
  operationId: "putBehaviour",
  tags: [TAGS.running],
  summary: "Change what the site does",
  description: "All of it: what isn't named, isn't done any more. Limits start from the beginning.",
  request: {
    query: z.strictObject({
      scenario: z.string().max(256).optional().openapi({ description: "one of /scenarios, instead of a body" }),
    }),
    body: { content: { "application/json": { schema: z.looseObject({}).openapi({ example: { delay: 50 } }) } } },
  },
  responses: { 200: behaviourNow, 422: error("A setting is unknown or out of its bounds.") },
});

const deleteBehaviour = createRoute({
  method: "delete",
  path: "/behaviour",
  operationId: "resetBehaviour",
  tags: [TAGS.running],
  summary: "Do what the flags say again",
  responses: { 200: behaviourNow, 405: error("Another method than those here.") },
});

const getScenarios = createRoute({
  method: "get",
  path: "/scenarios",
  operationId: "getScenarios",
  tags: [TAGS.running],
  summary: "The behaviours of `--scenarios FILE`, by name",
  responses: {
    200: {
      description: "All of them.",
      content: { "application/json": { schema: z.record(z.string(), z.unknown()) } },
    },
    405: error("Another method than GET and HEAD."),
  },
});

const getRequests = createRoute({
  method: "get",
  path: "/requests",
  operationId: "getRequests",
  tags: [TAGS.seen],
  summary: "The last requests, with `--journal N`",
  request: {
    query: z.strictObject({
      path: z.string().max(8_192).optional().openapi({ description: "with or without its query, or `/5*`" }),
      method: z.string().max(32).optional(),
      status: z.string().regex(/^\d{3}$/, "an HTTP status").optional().openapi({ type: "integer" }),
      client: z.string().max(64).optional().openapi({ description: "an address" }),
    }),
  },
  responses: {
    200: {
      description: "The oldest first.",
      content: {
        "application/json": {
          schema: z.object({ kept: z.int(), requests: z.array(z.record(z.string(), z.unknown())) }),
        },
      },
    },
    422: error("A parameter is unknown, or out of its bounds."),
  },
});

const deleteRequests = createRoute({
  method: "delete",
  path: "/requests",
  operationId: "clearRequests",
  tags: [TAGS.seen],
  summary: "Forget the last requests",
  responses: { 204: { description: "Done." }, 405: error("Another method than those here.") },
});
