/**
 * A certificate authority that nobody knows, and a certificate that it signed: a client has to be told to trust it. The
 * two are apart because rustls refuses an authority as a server.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";

/** PEM files. */
export interface Certificates {
  /** The authority, for clients. */
  authority: string;
  /** The certificate of 127.0.0.1 and localhost. */
  certificate: string;
  /** Its key. */
  key: string;
}

/**
 * Makes both with openssl.
 *
 * @param folder Where the files go.
 * @param address The server's IP address. Default: this machine's own.
 * @throws {Error} If openssl fails, with what it printed.
 */
export async function makeCertificates(folder: string, address: string = HOSTNAME): Promise<Certificates> {
  const [authority, authorityKey] = [`${folder}/authority.pem`, `${folder}/authority_key.pem`];
  const [certificate, key, request] = [`${folder}/certificate.pem`, `${folder}/key.pem`, `${folder}/request.pem`];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(["req", "-x509", ...newKey, "-days", "30", "-subj", "/CN=Test authority"].concat(
    ["-addext", "keyUsage=critical,keyCertSign", "-keyout", authorityKey, "-out", authority],
  ));
  await openssl(["req", ...newKey, "-subj", "/CN=localhost", "-keyout", key, "-out", request]);
  const extensions = `${folder}/extensions.txt`;
  await Deno.writeTextFile(
    extensions,
    `subjectAltName=DNS:localhost,IP:${address}\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n`,
  );
  await openssl(["x509", "-req", "-in", request, "-days", "30", "-extfile", extensions].concat(
    ["-CA", authority, "-CAkey", authorityKey, "-CAcreateserial", "-out", certificate],
  ));
  await Deno.chmod(key, 0o644); // servers give up root before they read it, and it is worth nothing
  return { authority, certificate, key };
}

async function openssl(args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stdin: "null", stdout: "null" }).output();
  if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr).trim()}`);
}
