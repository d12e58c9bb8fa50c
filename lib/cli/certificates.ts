/**
 * Certificate authorities that the command line names.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";

/**
 * Reads a file of certificates, and makes sure that there are some in it: Deno takes a file without any for one that says
 * nothing, and every connection would fail later.
 *
 * @param path Where it is.
 * @returns Its text, in PEM (RFC 7468 §5).
 * @throws {UsageError} If it can't be read, or has no certificate in it, or one that isn't right.
 */
export async function readCertificates(path: string): Promise<string> {
  let text;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--cacert ${path} can't be read: ${why}`, { cause });
  }
  if (!/^-----BEGIN CERTIFICATE-----\s/m.test(text)) {
    throw new UsageError(
      `--cacert ${path} has no certificate in it: it takes PEM, "-----BEGIN CERTIFICATE-----" and so on`,
    );
  }
  try {
    Deno.createHttpClient({ caCerts: [text] }).close();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--cacert ${path} has a certificate that can't be read: ${why}`, { cause });
  }
  return text;
}
