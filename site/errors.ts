/**
 * Errors in the shape that FastAPI, which served the original demonstration, gives them: `{"detail": ...}`.
 *
 * @module
 */

/** Breaks off a body that was asked to break: not a mistake of the server, so it isn't reported. */
export class BrokenOnPurpose extends Error {
  /** The error's name. */
  override readonly name = "BrokenOnPurpose";
}

/** An upstream gave no answer, or not all of it, and why. */
export class UpstreamError extends Error {
  /** Its class. */
  override readonly name = "UpstreamError";

  /**
   * Makes the error.
   *
   * @param message One line.
   * @param status 504 if the upstream took too long, otherwise 502.
   * @param options What caused it.
   */
  constructor(message: string, readonly status: 502 | 504, options?: ErrorOptions) {
    super(message, options);
  }
}

/** One thing that is wrong with a request, as FastAPI reports it. */
export interface Problem {
  /** What kind of mistake it is, for programs. */
  type: string;
  /** Where it is: `["path", "n"]`, `["query", "delay"]`. */
  loc: [place: "path" | "query" | "body", name: string];
  /** What would have been right, for people. */
  msg: string;
  /** What was given. */
  input: string;
}

/** The answer to a path that doesn't exist. */
export function notFound(): Response {
  return Response.json({ detail: "Not Found" }, { status: 404 });
}

/**
 * The answer to a method that the path doesn't have.
 *
 * @param allow The methods it has, for the Allow header that RFC 9110 §15.5.6 demands.
 */
export function methodNotAllowed(allow: string): Response {
  return Response.json({ detail: "Method Not Allowed" }, { status: 405, headers: { allow } });
}

/** The answer to invalid parameters. */
export function unprocessable(problems: Problem[]): Response {
  return Response.json({ detail: problems }, { status: 422 });
}

/** The answer when the server made a mistake: the client learns that it did, the server's log which. */
export function internalError(error: unknown): Response {
  if (error instanceof UpstreamError) console.error(`server: ${error.message}`);
  else if (!(error instanceof BrokenOnPurpose)) console.error(error);
  return Response.json({ detail: "Internal Server Error" }, { status: 500 });
}
