/**
 * The routes that take parameters, as the docs page shows them and requests are checked by.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { INTEGER } from "./integer.ts";
import { type Behaviour, bounds, type Parameter, PARAMETER_LIST, queryName } from "./parameters.ts";

/** Pages that `/urls` lists at most. */
const MAX_URLS = 1_000_000;

/** The value of a parameter. */
export type Given = string | number | boolean | undefined;

const detail = z.object({ detail: z.string() });
const problems = z.object({
  detail: z.array(z.object({ type: z.string(), loc: z.array(z.string()), msg: z.string(), input: z.string() })),
});
/**
 * The response to a request that is refused.
 *
 * @internal
 */
export const error = (description: string, schema: z.ZodType = detail) => ({
  description,
  content: { "application/json": { schema } },
});

/**
 * The parameters that say how a page behaves.
 *
 * @param defaults What applies to requests that don't ask otherwise.
 * @internal
 */
export function behaviourSchema(defaults: Behaviour) {
  return z.strictObject(Object.fromEntries(
    PARAMETER_LIST.map(([name, parameter]) => [queryName(name), schemaOf(parameter, defaults[name])]),
  ));
}

/**
 * The route of the list of URLs.
 *
 * @internal
 */
export function urlsRoute(behaviour: ReturnType<typeof behaviourSchema>) {
  return createRoute({
    method: "get",
    path: "/urls",
    operationId: "listUrls",
    tags: ["Pages"],
    summary: "The pages' URLs",
    description: "Ready as input for a downloader. Further parameters are those of `/{n}` and go into every URL.",
    request: {
      query: behaviour.extend({
        count: number({ kind: "integer", about: "how many", min: 0, max: MAX_URLS }, 100),
        start: number({ kind: "integer", about: "the first page", min: 0, max: 2 ** 40 }, 0),
        format: choice(
          { kind: "choice", about: "a URL or a JSON object per line", choices: ["text", "ndjson"] },
          "text",
        ),
      }),
    },
    responses: {
      200: {
        description: "One URL per line, or one object with `url` and either `expected` or `sha256`.",
        // As plain strings, or the handler would have to return what Hono types as text; it returns a stream.
        content: {
          ["text/plain" as string]: { schema: z.string() },
          ["application/x-ndjson" as string]: { schema: z.string() },
        },
      },
      422: error("A parameter is out of its bounds.", problems),
    },
  });
}

/**
 * The route of a page.
 *
 * @internal
 */
export function pageRoute(behaviour: ReturnType<typeof behaviourSchema>) {
  return createRoute({
    method: "get",
    path: "/{n}",
    operationId: "getPage",
    tags: ["Pages"],
    summary: "A page",
    description: "Waits, then answers the integer n, or whatever else the parameters ask for.",
    request: {
      params: z.object({
        n: z.string().regex(INTEGER).openapi({
          type: "integer",
          example: 5,
          description: "Any integer; it is answered exactly, at any size.",
        }),
      }),
      query: behaviour,
    },
    responses: {
      200: {
        description: "The integer, or `numbytes` bytes.",
        content: {
          "application/json": { schema: z.int() },
          "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
        },
      },
      206: { description: "The part of the body that `Range` asked for." },
      302: { description: "One of the `redirects`." },
      304: { description: "The client has it already (`If-None-Match`, `If-Modified-Since`)." },
      412: { description: "It isn't what the client has (`If-Match`, `If-Unmodified-Since`)." },
      416: { description: "There is no such part." },
      422: error("A parameter is out of its bounds.", problems),
      429: error("More requests per second than `--requests-per-second` allows."),
      503: error("A failure asked for by `failure_rate`, or more at once than `--max-concurrent-requests` allows."),
    },
  });
}

/** A parameter's schema: the text of a query in, its value out. */
function schemaOf(parameter: Parameter, preset: Given): z.ZodType {
  switch (parameter.kind) {
    case "choice":
      return choice(parameter, preset);
    case "switch":
      return choice({ ...parameter, kind: "choice", choices: ["true", "false"] }, preset)
        .transform((text) => text === undefined ? undefined : text === "true")
        .openapi({ type: "boolean", default: preset });
    default:
      return number(parameter, preset);
  }
}

function number(parameter: Exclude<Parameter, { kind: "choice" | "switch" }>, preset: Given) {
  const { min, max, kind, about } = parameter;
  return z.string().regex(kind === "integer" ? /^\d{1,16}$/ : /^\d{1,16}(\.\d+)?$/, bounds(parameter))
    .transform(Number)
    .refine((value) => value >= min && value <= max, bounds(parameter))
    .optional()
    .openapi({
      type: kind === "integer" ? "integer" : "number",
      minimum: min,
      maximum: max,
      default: preset,
      description: `${about}: ${bounds(parameter)}`,
    });
}

function choice(parameter: Extract<Parameter, { kind: "choice" }>, preset: Given) {
  return z.enum(parameter.choices as [string, ...string[]], bounds(parameter))
    .optional()
    .openapi({ default: preset, description: `${parameter.about}: ${bounds(parameter)}` });
}
