/**
 * A certificate authority and a certificate of its, made when the server starts and forgotten when it ends, so that there
 * is no key that anybody could keep.
 *
 * @module
 */

import { bitString, type Bytes, der, integer, oid, sequence, text, time } from "./der.ts";

/** What is wrong with a certificate, or with how its connections end. */
export const TLS_FAULTS = ["expired", "wrong-host", "self-signed", "no-close-notify"] as const;

/** One of them. */
export type TlsFault = typeof TLS_FAULTS[number];

/** What a server needs, and what its clients need to trust it, all PEM. */
export interface Certificates {
  /** The server's certificate. */
  cert: string;
  /** Its private key. */
  key: string;
  /** The certificate of the authority. */
  ca: string;
}

type Name = Bytes;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A week: no server is tested for longer, and a certificate that is forgotten somewhere is soon worth nothing. */
const VALID_MS = 7 * DAY_MS;

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNED_BY_ECDSA = sequence(oid("2a8648ce3d040302")); // ecdsa-with-SHA256
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);

/** Makes them. */
export async function makeCertificates(options: { fault?: TlsFault; hostname?: string } = {}): Promise<Certificates> {
  const { fault, hostname = "127.0.0.1" } = options;
  const [authority, server] = [await newKeys(), await newKeys()];
  const now = Date.now();
  const validity = { from: new Date(now - HOUR_MS), until: new Date(now + VALID_MS) };
  const [issuer, subject] = [name("A slow website's authority, of this run only"), name("A slow website")];
  const ca = await certificate({ issuer, subject: issuer, keys: authority, signer: authority, validity, isCa: true });
  const isSelfSigned = fault === "self-signed";
  const cert = await certificate({
    issuer: isSelfSigned ? subject : issuer,
    subject,
    keys: server,
    signer: isSelfSigned ? server : authority,
    validity: fault === "expired" ? { from: new Date(now - DAY_MS), until: new Date(now - HOUR_MS) } : validity,
    isCa: false,
    hosts: fault === "wrong-host" ? [dnsName("wrong-host.invalid")] : hostsOf(hostname),
  });
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", server.privateKey));
  return { cert: pem("CERTIFICATE", cert), key: pem("PRIVATE KEY", key), ca: pem("CERTIFICATE", ca) };
}

interface CertificateOptions {
  issuer: Name;
  subject: Name;
  keys: CryptoKeyPair;
  signer: CryptoKeyPair;
  validity: { from: Date; until: Date };
  /** rustls refuses an authority's certificate as a server's own. */
  isCa: boolean;
  /** The GeneralNames of the hosts. */
  hosts?: Bytes[];
}

/** A certificate (RFC 5280 §4.1). */
async function certificate(options: CertificateOptions): Promise<Bytes> {
  const { issuer, subject, keys, signer, validity, isCa, hosts } = options;
  const serial = crypto.getRandomValues(new Uint8Array(16));
  const signed = sequence(
    der(0xa0, integer(Uint8Array.of(2))), // version 3
    integer(serial),
    SIGNED_BY_ECDSA,
    issuer,
    sequence(time(validity.from), time(validity.until)),
    subject,
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    der(0xa3, sequence(...extensions(isCa, hosts))),
  );
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer.privateKey, signed);
  const [r, s] = [new Uint8Array(signature, 0, 32), new Uint8Array(signature, 32)];
  return sequence(signed, SIGNED_BY_ECDSA, bitString(sequence(integer(r.slice()), integer(s.slice()))));
}

/** The extensions (RFC 5280 §4.2.1). */
function extensions(isCa: boolean, hosts: Bytes[] = []): Bytes[] {
  const critical = (id: string, value: Bytes) => sequence(oid(id), TRUE, der(0x04, value));
  const plain = (id: string, value: Bytes) => sequence(oid(id), der(0x04, value));
  const basicConstraints = critical("551d13", isCa ? sequence(TRUE) : sequence());
  // keyCertSign and cRLSign, or digitalSignature.
  const keyUsage = critical("551d0f", isCa ? bitString(Uint8Array.of(0x06), 1) : bitString(Uint8Array.of(0x80), 7));
  if (isCa) return [basicConstraints, keyUsage];
  const serverAuth = plain("551d25", sequence(oid("2b06010505070301")));
  return [basicConstraints, keyUsage, serverAuth, plain("551d11", sequence(...hosts))];
}

/** Every name that leads to this machine, and the one that it listens on. */
function hostsOf(hostname: string): Bytes[] {
  const loopback = Array.from({ length: 254 }, (_, i) => ipName(Uint8Array.of(127, 0, 0, i + 1)));
  const v6 = new Uint8Array(16);
  v6[15] = 1;
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(hostname)?.slice(1).map(Number);
  const own = v4 ? [ipName(Uint8Array.from(v4))] : /^[\w.-]+$/.test(hostname) ? [dnsName(hostname)] : [];
  return [dnsName("localhost"), ipName(v6), ...loopback, ...own];
}

const dnsName = (host: string) => text(host, 0x82);
const ipName = (address: Bytes) => der(0x87, address);
const name = (common: string): Name => sequence(der(0x31, sequence(oid("550403"), text(common))));

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
}

function pem(label: string, bytes: Bytes): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
