/**
 * A certificate to test HTTPS with.
 *
 * @module
 */

/** A certificate and its key, both PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** What a certificate is like. */
export interface CertificateOptions {
  /** Whether its time is over. Default: false. */
  isExpired?: boolean;
}

const REQUEST =
  "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout key -out request";
const SIGN = "x509 -req -in request -signkey key -copy_extensions copy -out cert -days";

/** A certificate for 127.0.0.1 that signs itself; undefined where there is no openssl to make it. */
export async function certificate({ isExpired = false }: CertificateOptions = {}): Promise<Certificate | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    const extensions = ["subjectAltName=IP:127.0.0.1", "basicConstraints=CA:FALSE"].flatMap((
      each,
    ) => ["-addext", each]);
    for (const args of [[...REQUEST.split(" "), ...extensions], [...SIGN.split(" "), isExpired ? "-1" : "2"]]) {
      if (!(await new Deno.Command("openssl", { args, cwd: folder }).output()).success) return undefined;
    }
    return { cert: await Deno.readTextFile(`${folder}/cert`), key: await Deno.readTextFile(`${folder}/key`) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
