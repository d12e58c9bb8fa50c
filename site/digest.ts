/**
 * Digest authentication as a server sees it (RFC 7616), with `qop=auth`.
 *
 * @module
 */

import { createHash, createHmac, randomBytes } from "node:crypto";

/** What has to be proved, and by which request. */
export interface DigestOptions {
  /** The request. */
  raw: Request;
  /** Who may. */
  user: string;
  /** What that user knows. */
  password: string;
  /** The hash. */
  algorithm: "MD5" | "SHA-256";
}

/** Milliseconds that a nonce is good for. */
const NONCE_MS = 300_000;

const secret = randomBytes(32);
const hmac = (text: string) => createHmac("sha256", secret).update(text).digest("hex").slice(0, 32);

/** What a client has to answer. The nonce says when it was made, signed, so that nothing needs to be remembered. */
export function digestChallenge(algorithm: string, stale: boolean): string {
  const now = String(Date.now());
  const fields = ['realm="site"', 'qop="auth"', `algorithm=${algorithm}`, `nonce="${now}-${hmac(now)}"`];
  return `Digest ${[...fields, ...stale ? ["stale=true"] : []].join(", ")}`;
}

/** Whether a client's answer is right; or would be, but for the age of its nonce. */
export function checkDigest(header: string | null, options: DigestOptions): "right" | "wrong" | "stale" {
  const { raw, user, password, algorithm } = options;
  if (!/^digest /i.test(header ?? "")) return "wrong";
  const pairs = (header ?? "").matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g);
  const given = Object.fromEntries(
    Array.from(pairs, ([, name, quoted, plain]) => [name.toLowerCase(), quoted ?? plain]),
  );
  const { nonce = "", uri = "", response, nc, cnonce, qop } = given;
  const [time, signature] = nonce.split("-");
  const path = raw.url.slice(raw.url.indexOf("/", "https://".length));
  if (given.username !== user || given.realm !== "site" || signature !== hmac(time) || uri !== path) return "wrong";
  const hash = (text: string) => createHash(algorithm === "MD5" ? "md5" : "sha256").update(text).digest("hex");
  const proof = qop === "auth" ? `${nonce}:${nc}:${cnonce}:auth` : undefined;
  if (proof === undefined) return "wrong";
  const right = hash(`${hash(`${user}:site:${password}`)}:${proof}:${hash(`${raw.method}:${uri}`)}`);
  if (response !== right) return "wrong";
  return Date.now() - Number(time) > NONCE_MS ? "stale" : "right";
}
