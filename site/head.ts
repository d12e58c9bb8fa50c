/**
 * HEAD: what GET would answer, without the body.
 *
 * @module
 */

/**
 * Turns the answer to a GET into the one to a HEAD: the same status and headers, among them the length of the body
 * that isn't sent (RFC 9110 §9.3.2). Neither Hono nor Deno.serve does that: they say a length of 0.
 */
export async function headOf(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  if (headers.has("content-length")) await response.body?.cancel();
  else headers.set("content-length", String((await response.arrayBuffer()).byteLength));
  return new Response(null, { status: response.status, headers });
}
