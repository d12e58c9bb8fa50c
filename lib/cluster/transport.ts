/**
 * The bytes to and from the broker, over Deno's own sockets.
 *
 * The client's transport, over node:net, won't do: it takes its listeners off a socket and then destroys it, and a reset that
 * comes just then, as after a wrong password, is an error that nobody can catch and that ends the process.
 *
 * @module
 */

/** Bytes of a server's greeting at most: some 500, and the addresses of its cluster. */
const MAX_INFO_BYTES = 65_536;

/** Bytes read at once. */
const READ_BYTES = 65_536;

/** What it takes from the options that the client hands through. */
export interface TransportOptions {
  /** Set if nothing may be sent before the connection is encrypted; otherwise the server decides that. */
  tls?: unknown;
  /** Certificates to trust besides, as PEM, whether the server then uses them or not. Default: the system's. */
  caCert?: string;
}

/** Carries one connection of the client. */
export class DenoTransport implements AsyncIterable<Uint8Array> {
  /** What the server's monitoring shows. */
  readonly lang = "deno";
  /** The version of this client. */
  readonly version = "3.4.0";
  /** Why the connection was lost. */
  closeError?: Error;
  readonly #closed = Promise.withResolvers<void | Error>();
  #connection: Deno.TcpConn | Deno.TlsConn | undefined;
  #greeting: Uint8Array<ArrayBuffer> = new Uint8Array();
  #sent: Promise<unknown> = Promise.resolve();
  #isEncrypted = false;
  #isConnected = false;
  #isDone = false;

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.#isDone;
  }

  /** Connects, and reads the server's greeting. */
  async connect(
    server: { hostname: string; port: number; tlsName: string },
    options: TransportOptions,
  ): Promise<void> {
    const { hostname, port, tlsName } = server;
    try {
      const plain = await Deno.connect({ hostname, port });
      this.#use(plain);
      plain.setNoDelay(true);
      this.#greeting = await readGreeting(plain);
      const { tls_required: isRequired, tls_available: isAvailable } = parseGreeting(this.#greeting);
      if (options.tls && !isRequired && !isAvailable) throw new Error("the server has no TLS");
      if (isRequired || isAvailable || options.tls) {
        const { caCert } = options;
        this.#connection = undefined; // it is consumed, whatever comes of it
        const secure = await Deno.startTls(plain, { hostname: tlsName || hostname, caCerts: caCert ? [caCert] : [] });
        this.#use(secure);
        await secure.handshake(); // says what is wrong with a certificate
        this.#isEncrypted = true;
      }
      this.#isConnected = true;
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** What arrives, until the connection ends. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    yield this.#greeting;
    let error: Error | undefined;
    try {
      while (this.#connection) {
        const buffer = new Uint8Array(READ_BYTES);
        const read = await this.#connection.read(buffer);
        if (read === null) break;
        yield buffer.subarray(0, read);
      }
    } catch (cause) {
      if (!this.#isDone) error = asError(cause);
    }
    this.#end(error);
  }

  /** Whether the connection is encrypted. */
  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  /** Sends a frame, after those before it. What can't be sent is found out by reading, or by the client's heartbeat. */
  send(frame: Uint8Array): void {
    this.#sent = this.#sent.then(() => this.#write(frame)).catch((cause) => {
      if (this.#isDone) return;
      this.#end(asError(cause));
    });
  }

  /** Ends the connection once what was sent has gone. */
  async close(error?: Error): Promise<void> {
    if (error === undefined && this.#isConnected) await this.#sent;
    this.#end(error);
  }

  /** Ends the connection; {@linkcode closed} says so. */
  disconnect(): void {
    this.#end(undefined);
  }

  /** Resolves once a connection that stood has ended. */
  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  /** Drops the connection without a word to anyone. */
  discard(): void {
    this.#isDone = true;
    try {
      this.#connection?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // it is closed already
    }
    this.#connection = undefined;
  }

  /** Takes a connection, or closes it at once if the client has given up meanwhile. */
  #use(connection: Deno.TcpConn | Deno.TlsConn): void {
    if (this.#isDone) {
      connection.close();
      throw new Deno.errors.Interrupted("it was given up before it was connected");
    }
    this.#connection = connection;
  }

  async #write(frame: Uint8Array): Promise<void> {
    for (let at = 0; at < frame.length && this.#connection;) at += await this.#connection.write(frame.subarray(at));
  }

  #end(error: Error | undefined): void {
    if (this.#isDone) return;
    this.discard();
    if (!this.#isConnected) return; // the client knows it from connect()
    this.closeError = error;
    this.#closed.resolve(error);
  }
}

/** Reads up to the end of the first line, which must be all that comes: more would have come before encryption. */
async function readGreeting(connection: Deno.TcpConn): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(MAX_INFO_BYTES);
  let length = 0;
  while (length < buffer.length) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) throw new Deno.errors.UnexpectedEof("the connection was closed before the server's greeting");
    length += read;
    if (buffer[length - 1] === 0x0a) return buffer.slice(0, length);
  }
  throw new Error(`the server's greeting is longer than ${MAX_INFO_BYTES} bytes`);
}

function parseGreeting(greeting: Uint8Array): { tls_required?: boolean; tls_available?: boolean } {
  const line = new TextDecoder().decode(greeting);
  if (!line.startsWith("INFO {") || line.indexOf("\n") !== line.length - 1) throw new Error("that isn't a NATS server");
  return JSON.parse(line.slice("INFO ".length));
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
