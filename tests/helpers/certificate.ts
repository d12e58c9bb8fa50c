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

/** A certificate for 127.0.0.1; undefined where there is no openssl to make it. */
export async function certificate(): Promise<Certificate | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
    const options = [
      ...args.split(" "),
      "-addext",
      "subjectAltName=IP:127.0.0.1",
      "-addext",
      "basicConstraints=CA:FALSE",
    ];
    const command = new Deno.Command("openssl", { args: [...options, "-keyout", "key", "-out", "cert"], cwd: folder });
    if (!(await command.output()).success) return undefined;
    return { cert: await Deno.readTextFile(`${folder}/cert`), key: await Deno.readTextFile(`${folder}/key`) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
