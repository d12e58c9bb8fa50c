/**
 * TCP connections that can be given up.
 *
 * @module
 */

/** Where to, and what ends the attempt. */
export interface ConnectTcpOptions {
  /** A name, or an address without brackets. */
  hostname: string;
  /** The port. */
  port: number;
  /** Ends the attempt. */
  signal: AbortSignal;
}

/**
 * Connects as `Deno.connect` does, to the address that answers first (RFC 8305), and loses no descriptor. `Deno.connect` looks
 * at its signal once more when the connection is there, and throws: that connection can't be closed by anybody then. Where
 * the processor is busy, as with thousands of connects, one in thirty attempts that were aborted was lost so.
 *
 * @param options Where to, and what ends the attempt.
 * @throws {Error} The signal's reason once it is aborted, or what Deno throws if nothing can be reached.
 */
export async function connectTcp({ hostname, port, signal }: ConnectTcpOptions): Promise<Deno.TcpConn> {
  signal.throwIfAborted();
  const aborter = new AbortController();
  aborter.signal.throwIfAborted = () => {}; // it is looked at here
  const abort = () => aborter.abort();
  signal.addEventListener("abort", abort);
  try {
    const connection = await Deno.connect({ hostname, port, signal: aborter.signal });
    if (!signal.aborted) return connection;
    connection.close();
    throw signal.reason;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
