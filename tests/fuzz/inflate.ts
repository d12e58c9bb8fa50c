/**
 * RFC 1951 as it is written, a bit at a time: for the oracle, which must not share code with what it judges, and must know
 * where the compressed data ends, and whether it does.
 */

/** What can't be unpacked: cut short, or not what it should be. */
export class PackedError extends Error {
  constructor(readonly why: "cut short" | "corrupt", message: string = why) {
    super(message);
  }
}

/** What came of inflating. */
export interface Inflated {
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the compressed data ends. */
  end: number;
  /** Whether it has a code that the RFC leaves open and decoders refuse or not, such as one that is incomplete. */
  isOdd: boolean;
}

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115];
LENGTH_BASE.push(131, 163, 195, 227, 258);
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = Array.from({ length: 30 }, (_, code) => {
  const extra = Math.max(0, (code >> 1) - 1);
  return code < 4 ? code + 1 : ((2 + (code & 1)) << extra) + 1;
});
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST_CODE = 15;

/** Inflates the data that begins at an offset. */
export function inflate(packed: Uint8Array, start = 0): Inflated {
  return new Inflater(packed, start).run();
}

class Inflater {
  #bit: number;
  #out = new Uint8Array(4_096);
  #length = 0;
  #isOdd = false;

  constructor(readonly packed: Uint8Array, start: number) {
    this.#bit = start * 8;
  }

  run(): Inflated {
    for (let isLast = false; !isLast;) {
      isLast = this.#bits(1) === 1;
      const type = this.#bits(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#block(FIXED_LITERALS, FIXED_DISTANCES);
      else if (type === 2) this.#dynamic();
      else throw new PackedError("corrupt", "block type 3");
    }
    return { bytes: this.#out.subarray(0, this.#length), end: Math.ceil(this.#bit / 8), isOdd: this.#isOdd };
  }

  #bits(count: number): number {
    let value = 0;
    for (let n = 0; n < count; n++, this.#bit++) {
      const byte = this.packed[this.#bit >> 3];
      if (byte === undefined) throw new PackedError("cut short");
      value |= ((byte >> (this.#bit & 7)) & 1) << n;
    }
    return value;
  }

  #put(byte: number): void {
    if (this.#length === this.#out.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#length++] = byte;
  }

  #stored(): void {
    this.#bit = Math.ceil(this.#bit / 8) * 8;
    const length = this.#bits(16);
    if ((this.#bits(16) ^ 0xffff) !== length) throw new PackedError("corrupt", "length of a stored block");
    for (let n = 0; n < length; n++) this.#put(this.#bits(8));
  }

  #dynamic(): void {
    const literals = this.#bits(5) + 257;
    const distances = this.#bits(5) + 1;
    if (literals > 286 || distances > 30) throw new PackedError("corrupt", "too many codes");
    const lengths = new Array(19).fill(0);
    const given = this.#bits(4) + 4;
    for (let at = 0; at < given; at++) lengths[CODE_LENGTH_ORDER[at]] = this.#bits(3);
    const codes = this.#code(lengths);
    const all: number[] = [];
    while (all.length < literals + distances) {
      const symbol = this.#symbol(codes);
      if (symbol < 16) all.push(symbol);
      else if (symbol === 16 && all.length === 0) throw new PackedError("corrupt", "nothing to repeat");
      else if (symbol === 16) all.push(...new Array(3 + this.#bits(2)).fill(all[all.length - 1]));
      else all.push(...new Array(symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7)).fill(0));
    }
    if (all.length > literals + distances) throw new PackedError("corrupt", "too many code lengths");
    if (all[256] === 0) throw new PackedError("corrupt", "no end-of-block code");
    this.#block(this.#code(all.slice(0, literals)), this.#code(all.slice(literals)));
  }

  #code(lengths: number[]): Code {
    const { table, left } = codeOf(lengths);
    // One code for distances may be incomplete (RFC 1951 §3.2.7); of others it doesn't say
    if (left > 0) this.#isOdd = true;
    return table;
  }

  #symbol(code: Code): number {
    let prefix = 1;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      prefix = prefix << 1 | this.#bits(1);
      const symbol = code[prefix];
      if (symbol >= 0) return symbol;
    }
    throw new PackedError("corrupt", "no such code");
  }

  #block(literals: Code, distances: Code): void {
    while (true) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#put(symbol);
        continue;
      }
      if (symbol > 285) throw new PackedError("corrupt", "length code");
      const length = LENGTH_BASE[symbol - 257] + this.#bits(LENGTH_EXTRA[symbol - 257]);
      const code = this.#symbol(distances);
      if (code > 29) throw new PackedError("corrupt", "distance code");
      const distance = DISTANCE_BASE[code] + this.#bits(Math.max(0, (code >> 1) - 1));
      if (distance > this.#length) throw new PackedError("corrupt", "distance too far back");
      for (let n = 0; n < length; n++) this.#put(this.#out[this.#length - distance]);
    }
  }
}

/** Symbols by their codes, each behind a 1 so that codes of different lengths differ; -1 where there is none. */
type Code = Int16Array;

/** Canonical Huffman codes (RFC 1951 §3.2.2); `left` counts the codes of the greatest length that weren't given out. */
function codeOf(lengths: number[]): { table: Code; left: number } {
  const table = new Int16Array(2 ** (LONGEST_CODE + 1)).fill(-1);
  let code = 0;
  let left = 2 ** LONGEST_CODE;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code <<= 1;
    lengths.forEach((of, symbol) => {
      if (of !== length) return;
      left -= 2 ** (LONGEST_CODE - length);
      if (left < 0) throw new PackedError("corrupt", "too many codes of a length");
      table[1 << length | code++] = symbol;
    });
  }
  return { table, left };
}

const FIXED_LITERALS = codeOf(
  Array.from({ length: 288 }, (_, symbol) => symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8),
).table;
const FIXED_DISTANCES = codeOf(new Array(32).fill(5)).table;
