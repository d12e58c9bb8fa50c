/** Answers as servers send them: most are right, some in rare ways, and some wrong in the ways that matter for framing. */

import { ONE_GO_BYTES } from "../../constants.ts";
import { bytesOf, joined, textOf } from "./bytes.ts";
import type { Known } from "./oracle_codings.ts";
import { pack } from "./packing.ts";
import type { Random } from "./random.ts";

/** What a server sends. */
export interface Sent {
  bytes: Uint8Array;
  /** Whether the body ends with the connection. */
  untilClose: boolean;
  known: Known[];
}

const STATUSES = [
  [60, "200 OK"],
  [2, "201 Created"],
  [2, "203 Non-Authoritative Information"],
  [3, "204 No Content"],
  [1, "205 Reset Content"],
  [1, "206 Partial Content"],
  [1, "299 "],
  [1, "300 Multiple Choices"],
  [2, "304 Not Modified"],
  [2, "404 Not Found"],
  [1, "503 Service Unavailable"],
  [1, "200"],
  [1, "200 \xe9\xe8"],
  [1, "700 Seven"],
  [1, "099 Low"],
] as const;

const HARMLESS = [
  "Server: any",
  "X-A: b",
  "X-A:\tb \t",
  "x-empty:",
  "X-Folded: one\r\n two\r\n\tthree",
  "X-Utf8: \xc3\xa9",
  "Set-Cookie: a=b",
  "Connection: keep-alive",
  "Connection: close",
  "Connection: Keep-Alive, close",
  "Connection: close, Keep-Alive",
  "Connection: x-close",
  "Connection: x-keep-alive",
  "Keep-Alive: timeout=5",
  "X-Long: " + "x".repeat(3_000),
] as const;

/** Headers that say where a body ends and must not be believed as they are. */
function oddFraming(length: number, random: Random): string[] {
  return random.pick([
    [`Content-Length: ${length}`, `Content-Length: ${length}`],
    [`Content-Length: ${length}, ${length}`],
    [`Content-Length: ${length}`, `Content-Length: ${length + 1}`],
    [`Content-Length: 0${length}`],
    [`Content-Length: +${length}`],
    [`Content-Length: -${length}`],
    [`Content-Length: ${length} ${length}`],
    [`Content-Length: 0x${length.toString(16)}`],
    [`Content-Length: ${length}.0`],
    [`Content-Length: ${length}e0`],
    [`Content-Length: `],
    [`Content-Length: 99999999999999999999`],
    [`Content-Length : ${length}`],
    [`Content-Length:\r\n ${length}`],
    [`X-A: b`, ` Content-Length: 1`, `Content-Length: ${length}`],
    [`Content-Length: ${length + random.between(1, 20)}`],
    [`Content-Length: ${Math.max(0, length - random.between(1, 20))}`],
    [`Content-Length: \xb2`],
    [`Transfer-Encoding: identity`, `Content-Length: ${length}`],
    [`Transfer-Encoding: gzip, chunked`],
    [`Transfer-Encoding: chunked, gzip`],
    [`Transfer-Encoding: \x0bchunked`],
    [`Transfer-Encoding: chunked`],
    [`Transfer-Encoding:`, `Content-Length: ${length}`],
    [`Transfer-Encoding: xchunked`, `Content-Length: ${length}`],
  ]);
}

function oddChunked(length: number, random: Random): string[] {
  return random.pick([
    ["Transfer-Encoding: chunked", `Content-Length: ${length}`],
    [`Content-Length: ${length >> 1}`, "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked, chunked"],
    ["Transfer-Encoding: , chunked,"],
    ["Transfer-Encoding: Chunked"],
    ["Transfer-Encoding: chunked;a=b"],
    ["Transfer-Encoding:\r\n\tchunked"],
    ['Transfer-Encoding: "chunked"'],
    ["Transfer-Encoding : chunked"],
  ]);
}

/** Sizes around everything that a body is read into. */
function bodySize(random: Random): number {
  const around = random.pick([1_024, ONE_GO_BYTES, ONE_GO_BYTES + 2_048, 16_384, 65_536]);
  return random.weighted([
    [12, 0],
    [130, random.between(1, 60)],
    [30, random.between(61, 1_500)],
    [8, around + random.between(-200, 200)],
    [1, random.between(70_000, 150_000)],
  ]);
}

/** A body whose every piece says where it belongs, so that no other passes for it; some look like answers themselves. */
function bodyOf(label: string, random: Random): Uint8Array {
  const size = bodySize(random);
  if (random.chance(0.1)) return random.bytes(Math.min(size, 2_000));
  const start = random.chance(0.1) ? "\xef\xbb\xbf" : "";
  const line = random.chance(0.2) ? `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${label}\r\n` : `${label} is here\n`;
  return bytesOf((start + line.repeat(Math.ceil(size / line.length) + 1)).slice(0, size));
}

/** Makes an answer; `label` is in its body. */
export function answer(label: string, random: Random): Sent {
  const lines = Array.from({ length: random.below(4) }, () => random.pick(HARMLESS)) as string[];
  let body = bodyOf(label, random);
  let known: Known[] = [];
  if (random.chance(0.35)) {
    const packed = pack(body, random);
    body = packed.bytes;
    known = packed.known;
    if (packed.header.includes(",") && random.chance(0.2)) {
      lines.push(...packed.header.split(",").filter(Boolean).map((coding) => `Content-Encoding: ${coding.trim()}`));
    } else lines.push(`Content-Encoding: ${packed.header}`);
  }
  const framing = random.weighted([[50, "length"], [35, "chunked"], [10, "close"]] as const);
  const isOdd = random.chance(0.12);
  if (framing === "length") lines.push(...isOdd ? oddFraming(body.length, random) : [`Content-Length: ${body.length}`]);
  if (framing === "chunked") lines.push(...isOdd ? oddChunked(body.length, random) : ["Transfer-Encoding: chunked"]);
  if (random.chance(0.5)) lines.reverse();
  const version = random.weighted([[90, "HTTP/1.1"], [8, "HTTP/1.0"], [1, "HTTP/1.2"], [1, "HTTP/2.0"]]);
  const head = [`${version} ${random.weighted<string>(STATUSES)}`, ...lines, "", ""].join("\r\n");
  const cased = random.chance(0.1) ? head.replaceAll(/^[\w-]+(?=:)/gm, (name) => name.toLowerCase()) : head;
  const content = framing === "chunked" ? chunked(body, random) : body;
  const bytes = joined(...interim(random), bytesOf(cased), content);
  return { bytes, untilClose: framing === "close", known };
}

function interim(random: Random): Uint8Array[] {
  if (random.chance(0.92)) return [];
  const some = [
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 3\r\n\r\n",
    "HTTP/1.1 199 What\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
  ];
  return Array.from(
    { length: random.between(1, 3) },
    () => bytesOf(some[random.weighted([[5, 0], [4, 1], [2, 2], [1, 3]])]),
  );
}

/** A body in chunks, with what chunks may have besides. */
function chunked(body: Uint8Array, random: Random): Uint8Array {
  const pieces: Uint8Array[] = [];
  const plain = random.chance(0.6);
  const most = random.pick([1, 7, 100, 5_000, 200_000].slice(body.length > 5_000 ? 3 : body.length > 300 ? 2 : 0));
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, random.between(1, most));
    pieces.push(bytesOf(`${chunkSize(size, plain, random)}\r\n`), body.subarray(at, at += size), bytesOf("\r\n"));
  }
  pieces.push(bytesOf(`${chunkSize(0, plain, random)}\r\n`));
  if (random.chance(0.15)) {
    pieces.push(
      bytesOf(
        random.pick(["X-Sum: 1\r\n", "A: b\r\nc: d\r\n", "Content-Length: 3\r\n", " folded\r\n", "no colon\r\n"]),
      ),
    );
  }
  return joined(...pieces, bytesOf("\r\n"));
}

function chunkSize(size: number, plain: boolean, random: Random): string {
  const digits = size.toString(16);
  if (plain || random.chance(0.6)) return digits;
  return random.pick([
    digits.toUpperCase(),
    `000${digits}`,
    `0000000000000000${digits}`,
    `${digits};a=b`,
    `${digits} ; a="b;c"`,
    `${digits};${"x".repeat(500)}`,
    `${digits};x=\xe9`,
    `${digits} `,
    ...random.chance(0.2) ? [`\xef\xbb\xbf${digits}`, `0x${digits}`, ` ${digits}`, `${digits}g`, `-${digits}`, ""] : [],
  ]);
}

/** Bytes that belong to no request: what servers and attackers leave behind an answer. */
export function extra(label: string, random: Random): Uint8Array {
  const forged = `HTTP/1.1 200 OK\r\nContent-Length: ${label.length + 4}\r\n\r\nnot ${label}`;
  return random.weighted([
    [3, bytesOf("\r\n")],
    [4, bytesOf(forged)],
    [1, bytesOf("x")],
    [1, random.bytes(random.between(1, 30))],
    [1, bytesOf(forged.repeat(3))],
    [1, bytesOf(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${"x".repeat(5)}\r\n0\r\n\r\n`)],
    [1, bytesOf("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")],
    [2, bytesOf(forged + textOf(bodyOf(`not ${label}`, random)))],
  ]);
}
