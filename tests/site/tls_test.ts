import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { createSite } from "../../site/site.ts";
import { serve } from "../../site/serve.ts";
import { makeCertificates, type TlsFault } from "../../site/tls/certificates.ts";
import { bitString, der, integer, sequence } from "../../site/tls/der.ts";
import { serveWithoutCloseNotify } from "../../site/tls/no_close_notify.ts";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";

const test = await testNeeding("net");
const onSockets = testOnSockets(await testNeeding("net", "ffi"));
const inShell = await testNeeding("net", "run", "write", "read");

async function serveTls(fault?: TlsFault) {
  const certificates = await makeCertificates({ fault });
  const site = createSite({ behaviour: { delay: 0 }, ca: () => certificates.ca });
  const options = { hostname: "127.0.0.1", port: 0, ...certificates };
  const server = fault === "no-close-notify"
    ? serveWithoutCloseNotify(site.app.fetch, options)
    : serve(site.app.fetch, options);
  return {
    url: server.url,
    ca: certificates.ca,
    stats: site.stats,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      site[Symbol.dispose]();
    },
  };
}

const trusting = (ca: string, options = {}) =>
  Deno.createHttpClient({ caCerts: [ca], poolIdleTimeout: false, ...options });

test("a site with TLS answers who trusts its authority, at each of its names, and gives its certificate", async () => {
  await using site = await serveTls();
  assertMatch(site.url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
  using client = trusting(site.ca);
  assertEquals(await (await fetch(`${site.url}7`, { client })).text(), "7");
  assertEquals(await (await fetch(`${site.url.replace("127.0.0.1", "localhost")}8`, { client })).text(), "8");
  assertEquals(await (await fetch(`${site.url}ca.pem`, { client })).text(), site.ca);
  assertEquals(site.stats.report().requests, 2);
  await assertRejects(() => fetch(`${site.url}7`), TypeError);
});

inShell("a site with TLS speaks HTTP/2 by ALPN, and OpenSSL trusts its certificate, too", async () => {
  await using site = await serveTls();
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, site.ca);
    for (const [version, said] of [["--http2", "2"], ["--http1.1", "1.1"]]) {
      const args = ["-sS", "--cacert", file, version, "-w", " %{http_version}", `${site.url}7`];
      const { stdout, stderr } = await new Deno.Command("curl", { args }).output();
      assertEquals([new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)], [`7 ${said}`, ""]);
    }
  } finally {
    await Deno.remove(file);
  }
});

for (
  const [fault, said] of [["expired", "Expired"], ["wrong-host", "NotValidForName"], [
    "self-signed",
    "UnknownIssuer",
  ]] as const
) {
  test(`a site with the TLS fault ${fault} is refused for that reason`, async () => {
    await using site = await serveTls(fault);
    using client = trusting(site.ca);
    const error = await assertRejects(() => fetch(`${site.url}7`, { client }), TypeError);
    const reason = `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`;
    assert(
      reason.includes(said) || reason.toLowerCase().includes(fault.replace("wrong-host", "not valid for name")),
      reason,
    );
  });
}

onSockets("a site with the TLS fault no-close-notify ends its answers so, and a strict client says that", async () => {
  await using site = await serveTls("no-close-notify");
  using client = trusting(site.ca);
  const response = await fetch(`${site.url}7?numbytes=1000`, { client });
  assertEquals(response.headers.has("content-length"), false);
  await assertRejects(() => response.bytes(), TypeError);
  const hostname = "127.0.0.1";
  const connection = await Deno.connectTls({ hostname, port: Number(new URL(site.url).port), caCerts: [site.ca] });
  await connection.write(new TextEncoder().encode("GET /1234567 HTTP/1.1\r\nhost: x\r\n\r\n"));
  let text = "";
  const error = await assertRejects(async () => {
    const buffer = new Uint8Array(10_000);
    for (let size = await connection.read(buffer); size !== null; size = await connection.read(buffer)) {
      text += new TextDecoder().decode(buffer.subarray(0, size));
    }
  }, Error);
  assertMatch(text, /\r\n\r\n1234567$/);
  assertStringIncludes(error.message, "close_notify");
  connection.close();
});

test("faults over TLS break the answer, and never by a plain text within it", async () => {
  await using site = await serveTls();
  using client = trusting(site.ca, { http2: false });
  for (const fault of ["CONTENT_LENGTH_MISSING", "EXTRA_BYTES", "MALFORMED_RESPONSE_CHUNK", "TRUNCATE"]) {
    const bytes = await fetch(`${site.url}7?numbytes=1000&fault=${fault}`, { client })
      .then((response) => response.bytes()).catch((error) => String(error));
    if (fault === "CONTENT_LENGTH_MISSING") assertEquals(bytes.length, 1_000);
    if (fault === "TRUNCATE") assertMatch(String(bytes), /error reading a body|failed/);
  }
  assertEquals(await (await fetch(`${site.url}8`, { client })).text(), "8");
});

test("der() says lengths in the shortest form, and integers are positive", () => {
  assertEquals(der(4, new Uint8Array(127)).slice(0, 2), Uint8Array.of(4, 127));
  assertEquals(der(4, new Uint8Array(128)).slice(0, 3), Uint8Array.of(4, 0x81, 128));
  assertEquals(der(4, new Uint8Array(300)).slice(0, 4), Uint8Array.of(4, 0x82, 1, 44));
  assertEquals(integer(Uint8Array.of(0, 0, 0x80)), Uint8Array.of(2, 2, 0, 0x80));
  assertEquals(integer(Uint8Array.of(0, 0)), Uint8Array.of(2, 1, 0));
  assertEquals(sequence(bitString(Uint8Array.of(6), 1)), Uint8Array.of(0x30, 4, 3, 2, 1, 6));
});
