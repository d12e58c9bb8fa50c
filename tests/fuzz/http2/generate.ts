/** Makes cases of the target `http2`. */

import { bytesOf } from "../bytes.ts";
import type { Random } from "../random.ts";
import { type Asking, type Http2Case, isLeft } from "./case.ts";
import { blockOf, FLAGS, frameOf, numberOf, padded, TYPE } from "./frames.ts";
import { mutated } from "./mutate.ts";
import type { Field } from "./oracle_hpack.ts";

/** Frames that have to stay together. */
type Atom = Uint8Array[];

const [LARGEST_FRAME, INITIAL_WINDOW] = [16_384, 65_535];

/** Makes a case: one to six requests on one connection. */
export function generateCase(random: Random): Http2Case {
  const count = random.weighted([[4, 1], [3, 2], [2, 3], [1, 6]]);
  const byClient = random.chance(0.25);
  const asked = Array.from({ length: count }, (): Asking => ({
    isHead: random.chance(0.08),
    way: random.weighted([[45, "bytes"], [25, "views"], [10, "both"], [8, "cancel"], [8, "leave"], [
      byClient ? 0 : 4,
      "abort",
    ]]),
    view: random.pick([1, 7, 100, 5_000, 16_384, 70_000]),
    pause: random.pick([0, 0, 0, 1, 3]),
  }));
  const label = random.next().toString(36);
  const streams = asked.map((asking, n) => response(`${label}-${n}`, 2 * n + 1, asking, random));
  const atoms = interleaved([connection(count, random), ...streams], random);
  const frames = [settings(random), ...atoms.flat()];
  const isPolite = random.chance(0.5);
  return {
    asked,
    byClient,
    units: isPolite ? frames : mutated(frames, random),
    isPolite,
    cuts: isLong(frames)
      ? [random.pick([1_460, 16_384, 2 ** 20])]
      : random.pick([[2 ** 20], [2 ** 20], [1_460], [9], [1, 8], [1_000, 3, 20_000], [random.between(10, 100)]]),
    ending: random.weighted([[3, "open"], [4, "close"], [2, "reset"], [1, "cut off"]] as const),
  };
}

/** Whether it would take too many reads to read it in small pieces. */
function isLong(frames: readonly Uint8Array[]): boolean {
  return frames.reduce((sum, { length }) => sum + length, 0) > 4_000;
}

/** The lists as one, each in its order. */
function interleaved(lists: Atom[][], random: Random): Atom[] {
  const left = lists.map((list) => [...list]).filter(({ length }) => length > 0);
  const all: Atom[] = [];
  while (left.length > 0) {
    const at = random.below(left.length);
    // Several in a row, now and then all
    all.push(...left[at].splice(0, random.pick([1, 1, 2, 5, 1_000])));
    if (left[at].length === 0) left.splice(at, 1);
  }
  return all;
}

function response(label: string, id: number, asking: Asking, random: Random): Atom[] {
  const isLarge = !isLeft(asking) && asking.view >= 100 && random.chance(0.05);
  const status = asking.isHead || random.chance(0.85) ? "200" : random.pick(["204", "304", "404", "206", "099", "1x1"]);
  const isBare = asking.isHead || status === "204" || status === "304";
  const size = isBare && random.chance(0.9)
    ? 0
    : isLarge
    ? 200_000
    : random.pick([0, 1, 5, 100, 3_000, 20_000, 60_000]);
  const body = bytesOf(`${label} is here\n`.repeat(Math.ceil(size / 10)).slice(0, size));
  const fields: Field[] = [{ name: ":status", value: status }, ...lengthFields(size, random), ...others(random)];
  const interim = Array.from({ length: random.weighted([[85, 0], [10, 1], [5, 3]]) }, () => {
    return head(id, [{ name: ":status", value: random.pick(["103", "100", "199"]) }, ...others(random)], false, random);
  });
  const end = random.weighted([[60, "data"], [15, "empty"], [15, "trailers"], [5, "reset"], [5, "none"]] as const);
  if (size === 0 && random.chance(0.7)) return [...interim, head(id, fields, true, random)];
  const atoms = [...interim, head(id, fields, false, random), ...pieces(id, body, end === "data", random)];
  if (end === "empty") atoms.push([frameOf(TYPE.DATA, FLAGS.END_STREAM, id)]);
  if (end === "trailers") atoms.push(head(id, [{ name: "x-sum", value: label }], true, random));
  if (end === "reset" || random.chance(0.03)) {
    atoms.push([frameOf(TYPE.RST_STREAM, 0, id, numberOf(random.pick([0, 2, 7, 8, 13])))]);
  }
  return atoms;
}

function lengthFields(size: number, random: Random): Field[] {
  const of = (...values: string[]) => values.map((value) => ({ name: "content-length", value }));
  return random.weighted([
    [60, of(`${size}`)],
    [30, of()],
    [2, of(`${size + 1}`)],
    [2, of(`${Math.max(0, size - 1)}`)],
    [2, of(`${size}`, `${size}`)],
    [1, of(`${size}`, `${size + 1}`)],
    [1, of(`${size}, ${size}`)],
    [2, of(random.pick([`+${size}`, "", `${size} `, `0x${size}`, `-${size}`, `${size};`, "9".repeat(20)]))],
  ]);
}

const OTHERS = [
  ["server", "any"],
  ["content-type", "text/plain"],
  ["set-cookie", "a=b"],
  ["x-empty", ""],
  ["x-long", "x".repeat(3_000)],
  ["x-utf8", "\xc3\xa9"],
  ["x-comma", "a, b"],
] as const;
const WRONG = [
  ["X-Capital", "a"],
  ["connection", "close"],
  ["transfer-encoding", "chunked"],
  [":status", "200"],
  [":path", "/"],
  ["x-line", "a\r\nb"],
  ["x-space", " a"],
  ["x nul", "a"],
  ["x(y)", "a"],
  ["", "a"],
] as const;

function others(random: Random): Field[] {
  const fields = Array.from({ length: random.below(4) }, () => random.pick(OTHERS));
  const all = random.chance(0.02) ? [...fields, random.pick(WRONG)] : fields;
  return all.map(([name, value]) => ({ name, value }));
}

/** HEADERS, and CONTINUATION where the block is split. */
function head(id: number, fields: Field[], ends: boolean, random: Random): Atom {
  const block = blockOf(fields, random);
  const first = random.chance(0.2) ? random.below(block.length + 1) : block.length;
  const [padding, payload] = padded(block.subarray(0, first), random);
  let flags = ends ? FLAGS.END_STREAM : 0;
  const hasPriority = padding === 0 && random.chance(0.1);
  const isWhole = first === block.length && random.chance(0.95);
  flags |= padding | (hasPriority ? FLAGS.PRIORITY : 0) | (isWhole ? FLAGS.END_HEADERS : 0);
  const atom = [frameOf(TYPE.HEADERS, flags, id, ...hasPriority ? [numberOf(0), Uint8Array.of(1)] : [], payload)];
  if (isWhole) return atom;
  for (let at = first;;) {
    const to = Math.min(block.length, at + random.pick([0, 1, 10, 5_000]));
    const isLast = to === block.length;
    atom.push(frameOf(TYPE.CONTINUATION, isLast ? FLAGS.END_HEADERS : 0, id, block.subarray(at, to)));
    if (isLast) return atom;
    at = to;
  }
}

function pieces(id: number, body: Uint8Array, ends: boolean, random: Random): Atom[] {
  const atoms: Atom[] = [];
  const most = random.pick([100, 5_000, LARGEST_FRAME - 256].map((size) => Math.max(size, body.length >> 6)));
  for (let at = 0; at < body.length || atoms.length === 0 && ends;) {
    const to = Math.min(body.length, at + random.between(body.length === 0 || random.chance(0.05) ? 0 : 1, most));
    const [padding, payload] = body.length < INITIAL_WINDOW / 2
      ? padded(body.subarray(at, to), random)
      : [0, body.subarray(at, to)];
    atoms.push([frameOf(TYPE.DATA, padding | (ends && to === body.length ? FLAGS.END_STREAM : 0), id, payload)]);
    at = to;
    if (to === body.length) break;
  }
  return atoms;
}

function settings(random: Random): Uint8Array {
  const all = [[1, 0], [1, 4_096], [1, 65_536], [2, 0], [3, 100], [4, 65_535], [5, 16_384], [5, 2 ** 24 - 1], [
    6,
    9_000,
  ], [99, 1]];
  const some = Array.from({ length: random.below(4) }, () => random.pick(all));
  const payload = some.flatMap(([name, value]) => [numberOf(name, 2), numberOf(value)]);
  return frameOf(TYPE.SETTINGS, 0, 0, ...payload);
}

/** What concerns the connection. */
function connection(count: number, random: Random): Atom[] {
  const last = random.chance(0.7) ? 2 ** 31 - 1 : 2 * random.below(count + 1) + 1;
  return Array.from({ length: random.pick([1, 1, 3, 6]) }, (): Atom => [
    random.weighted([
      [4, settings(random)],
      [4, frameOf(TYPE.SETTINGS, FLAGS.ACK, 0)],
      [3, frameOf(TYPE.PING, random.below(2), 0, new Uint8Array(8))],
      [2, frameOf(TYPE.WINDOW_UPDATE, 0, random.chance(0.5) ? 0 : 1, numberOf(random.between(1, 1_000)))],
      [2, frameOf(TYPE.PRIORITY, 0, random.between(1, 20), numberOf(0), Uint8Array.of(1))],
      [2, frameOf(random.between(10, 255), random.below(256), random.below(9), new Uint8Array(random.below(20)))],
      [1, frameOf(TYPE.GOAWAY, 0, 0, numberOf(last), numberOf(random.pick([0, 2, 13])))],
    ]),
  ]);
}
