import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { parseBrokerAddress, readCredentialsFile } from "../../lib/cluster/broker_address.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

Deno.test("a broker's address is a host and a port, 4222 by default", () => {
  assertEquals(parseBrokerAddress("nats://broker.example"), {
    server: "broker.example:4222",
    isTls: false,
    shown: "nats://broker.example:4222",
  });
  assertEquals(parseBrokerAddress("tls://[::1]:5000/"), {
    server: "[::1]:5000",
    isTls: true,
    shown: "tls://[::1]:5000",
  });
  assertEquals(parseBrokerAddress("NATS://Host:80").server, "host:80");
  assertEquals(parseBrokerAddress("nats://host:443").server, "host:443");
});

Deno.test("credentials are taken out of a broker's address, with their escapes undone", () => {
  const { server, shown, login } = parseBrokerAddress("nats://me%40home:p%3Aw@host:4223");
  assertEquals({ server, shown, login }, {
    server: "host:4223",
    shown: "nats://host:4223",
    login: { user: "me@home", password: "p:w" },
  });
  assertEquals(parseBrokerAddress("nats://t0ken@host").login, { token: "t0ken" });
});

Deno.test("what is no broker's address is refused in one line without its password", () => {
  for (
    const text of [
      ...["", "host:4222", "http://host", "nats://", "nats://me:secret@", "nats://me:secret@host:99999"],
      ...["nats://me:secret@host/path", "nats://me:secret@host?a=b", "nats://host:0", "me:secret@host", "nats://ho st"],
    ]
  ) {
    const { message } = assertThrows(() => parseBrokerAddress(text), TypeError, "queue must be like nats://host:4222");
    assertEquals(message.includes("secret"), false, message);
    assertEquals(message.includes("\n"), false, message);
  }
});

test("a credentials file must have a JWT and a key in it", async () => {
  const path = await Deno.makeTempFile();
  try {
    const whole = "-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\ny\n";
    await Deno.writeTextFile(path, whole);
    assertEquals(new TextDecoder().decode(await readCredentialsFile(path)), whole);
    await Deno.writeTextFile(path, "-----BEGIN NATS USER JWT-----\nx\n");
    await assertRejects(() => readCredentialsFile(path), UsageError, "has no USER NKEY SEED in it");
    await Deno.writeFile(path, new Uint8Array(65_537));
    await assertRejects(() => readCredentialsFile(path), UsageError, "it has 65537 bytes");
  } finally {
    await Deno.remove(path);
  }
  const error = await assertRejects(() => readCredentialsFile(path), UsageError, "can't be read");
  assertStringIncludes(error.message, path);
});
