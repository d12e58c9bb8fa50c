/**
 * Where the broker of a run on many machines is: `nats://user:password@host:4222`, `tls://host`.
 *
 * User names and passwords are taken out of the URL: the client crashes on those, and what is shown must not have them.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import { UsageError } from "../core/errors.ts";
import { percentDecoded } from "../core/percent_decoded.ts";
import { quoted } from "../core/printable.ts";

/** Where a NATS server listens when its address doesn't say. */
const DEFAULT_PORT = 4222;

/** Bytes that a credentials file has at most: real ones have about 1 KB. */
const MAX_CREDENTIALS_BYTES = 65_536;

/** Where a broker is, and as whom to connect. */
export interface BrokerAddress {
  /** Host and port, as the client takes them. */
  server: string;
  /** Whether nothing is sent before the connection is encrypted. */
  isTls: boolean;
  /** The address without credentials, to be shown. */
  shown: string;
  /** User name and password, or a token alone. Default: none. */
  login?: { user: string; password: string } | { token: string };
}

/**
 * Reads the address of a broker.
 *
 * @param text What `--queue` says.
 * @returns The address, with the credentials apart.
 * @throws {TypeError} If it isn't one, in one line that has no password in it.
 */
export function parseBrokerAddress(text: string): BrokerAddress {
  const refuse = (why: string): never => {
    throw new TypeError(`queue must be like nats://host:4222 or tls://host:4222: ${quoted(shownOf(text))} ${why}`);
  };
  const scheme = /^(nats|tls):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) return refuse("begins with neither nats:// nor tls://");
  // With http as its scheme, the host is checked and normalised as that of any URL (https://url.spec.whatwg.org/#host-parsing)
  const url = URL.parse(`http${text.slice(scheme.length)}`);
  if (url === null) return refuse("is not a valid URL");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return refuse("has more than a host and a port");
  const isPort80 = /:0*80\/?$/.test(text);
  const port = Number(url.port || (isPort80 ? 80 : DEFAULT_PORT));
  if (port === 0) return refuse("has port 0");
  const server = `${url.hostname}:${port}`;
  const user = percentDecoded(url.username);
  const password = percentDecoded(url.password);
  const address: BrokerAddress = { server, isTls: scheme === "tls", shown: `${scheme}://${server}` };
  if (password !== "") address.login = { user, password };
  else if (user !== "") address.login = { token: user };
  return address;
}

/**
 * Reads a file of credentials, as `nsc` writes them: a JWT, and the key that signs for it.
 *
 * @param path Where it is.
 * @returns What it says.
 * @throws {UsageError} If it can't be read, or has something else in it.
 */
export async function readCredentialsFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const what = `The credentials file ${quoted(path, 200)}`;
  let content: Uint8Array<ArrayBuffer>;
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_CREDENTIALS_BYTES) {
      throw new Error(`it has ${size} bytes, and at most ${MAX_CREDENTIALS_BYTES} are read`);
    }
    content = await Deno.readFile(path);
  } catch (cause) {
    throw new UsageError(`${what} can't be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  const text = new TextDecoder().decode(content);
  for (const part of ["NATS USER JWT", "USER NKEY SEED"]) {
    if (!text.includes(`-----BEGIN ${part}-----`)) throw new UsageError(`${what} has no ${part} in it`);
  }
  return content;
}

/** The text without what looks like credentials, even where it is no URL. */
function shownOf(text: string): string {
  const { url } = splitCredentials(text);
  return url.replace(/^[^/]*@/, "");
}
