/**
 * Writes Parquet files for tests, right ones and such as nobody should make
 * (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift).
 *
 * @module
 */

/** A value of Thrift's compact protocol. */
export type Thrift =
  | { i32: number }
  | { i64: number | bigint }
  | { bytes: string | Uint8Array }
  | { bool: boolean }
  | { list: Thrift[] }
  | { struct: Record<number, Thrift | undefined> };

/** A page: its header without sizes, and its bytes. */
export interface WrittenPage {
  /** The fields of its header but for the sizes: 1 for its kind, 5, 7 or 8 for what is said of it. */
  header: Record<number, Thrift>;
  /** Its bytes, packed. */
  bytes: Uint8Array;
  /** Bytes that it claims to have when it is unpacked. Default: as many as `unpacked` has. */
  claims?: number;
  /** Its bytes before they were packed. Default: it isn't packed. */
  unpacked?: Uint8Array;
}

/** A column of a row group. */
export interface WrittenColumn {
  /** Its name, or its path if it is nested. */
  name: string | string[];
  /** Its type by number. Default: 6, BYTE_ARRAY. */
  type?: number;
  /** Its codec by number. Default: 0, none. */
  codec?: number;
  /** Its pages. */
  pages: WrittenPage[];
  /** Values that it claims to have. Default: the rows of its group. */
  values?: number;
  /** Changes what is said of it. */
  change?: (meta: Record<number, Thrift | undefined>) => void;
}

/** A file. */
export interface WrittenFile {
  /** The elements of its schema, without the root. */
  schema: Record<number, Thrift>[];
  /** Its row groups. */
  groups: { rows: number | bigint; columns: WrittenColumn[] }[];
  /** Columns at its top. Default: as many as there are elements. */
  tops?: number;
}

const encoder = new TextEncoder();

/** Puts pieces together. */
export function joined(...pieces: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

const zigzag = (value: number | bigint) => varint(BigInt(value) >= 0n ? BigInt(value) * 2n : -BigInt(value) * 2n - 1n);

const TYPES = { i32: 5, i64: 6, bytes: 8, bool: 1, list: 9, struct: 12 } as const;

function typeOf(value: Thrift): number {
  if ("bool" in value) return value.bool ? 1 : 2;
  return TYPES[Object.keys(value)[0] as keyof typeof TYPES];
}

/** Writes a value. */
export function thrift(value: Thrift): Uint8Array {
  if ("i32" in value) return Uint8Array.from(zigzag(value.i32));
  if ("i64" in value) return Uint8Array.from(zigzag(value.i64));
  if ("bool" in value) return new Uint8Array();
  if ("bytes" in value) {
    const bytes = typeof value.bytes === "string" ? encoder.encode(value.bytes) : value.bytes;
    return joined(varint(bytes.length), bytes);
  }
  if ("list" in value) {
    const type = value.list.length === 0 ? 5 : typeOf(value.list[0]);
    const head = value.list.length < 15 ? [value.list.length << 4 | type] : [0xf0 | type, ...varint(value.list.length)];
    return joined(head, ...value.list.map(thrift));
  }
  const fields: (Uint8Array | number[])[] = [];
  let last = 0;
  for (const [key, field] of Object.entries(value.struct)) {
    if (field === undefined) continue;
    const id = Number(key);
    fields.push([(id - last) << 4 | typeOf(field)], thrift(field));
    last = id;
  }
  return joined(...fields, [0]);
}

/** Writes a file. */
export function parquet({ schema, groups, tops = schema.length }: WrittenFile): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [encoder.encode("PAR1")];
  let at = 4;
  const add = (bytes: Uint8Array) => {
    pieces.push(bytes);
    at += bytes.length;
  };
  const rowGroups = groups.map(({ rows, columns }) => {
    const chunks = columns.map(({ name, type = 6, codec = 0, pages, values, change }) => {
      const from = at;
      let dictionary: number | undefined;
      let data: number | undefined;
      let unpackedSize = 0;
      for (const { header, bytes, unpacked = bytes, claims = unpacked.length } of pages) {
        if ((header[1] as { i32: number }).i32 === 2) dictionary ??= at;
        else data ??= at;
        unpackedSize += claims;
        add(thrift({ struct: { ...header, 2: { i32: claims }, 3: { i32: bytes.length } } }));
        add(bytes);
      }
      const path = (typeof name === "string" ? [name] : name).map((part): Thrift => ({ bytes: part }));
      const meta: Record<number, Thrift | undefined> = {
        1: { i32: type },
        2: { list: [{ i32: 0 }, { i32: 3 }] },
        3: { list: path },
        4: { i32: codec },
        5: { i64: values ?? rows },
        6: { i64: unpackedSize },
        7: { i64: at - from },
        9: { i64: data ?? from },
        11: dictionary === undefined ? undefined : { i64: dictionary },
      };
      change?.(meta);
      return { struct: { 2: { i64: from }, 3: { struct: meta } } } as Thrift;
    });
    return { struct: { 1: { list: chunks }, 2: { i64: 0 }, 3: { i64: rows } } } as Thrift;
  });
  const root: Thrift = { struct: { 4: { bytes: "schema" }, 5: { i32: tops } } };
  const all = groups.reduce((sum, { rows }) => sum + BigInt(rows), 0n);
  const footer = thrift({
    struct: {
      1: { i32: 2 },
      2: { list: [root, ...schema.map((element): Thrift => ({ struct: element }))] },
      3: { i64: all },
      4: { list: rowGroups },
    },
  });
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, footer.length, true);
  return joined(...pieces, footer, length, encoder.encode("PAR1"));
}

/** An element of a schema: a column of texts that may be missing, unless it says otherwise. */
export function element(
  name: string,
  { type = 6, repetition = 1, converted = type === 6 ? 0 : undefined, children }: {
    type?: number;
    repetition?: number;
    converted?: number;
    children?: number;
  } = {},
): Record<number, Thrift> {
  const all: Record<number, Thrift> = { 3: { i32: repetition }, 4: { bytes: name } };
  if (children !== undefined) all[5] = { i32: children };
  else all[1] = { i32: type };
  if (children === undefined && converted !== undefined) all[6] = { i32: converted };
  return all;
}

/** Texts as PLAIN writes them. */
export function plain(texts: readonly string[]): Uint8Array {
  return joined(...texts.flatMap((text) => {
    const bytes = encoder.encode(text);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length, true);
    return [length, bytes];
  }));
}

/** Numbers in runs, with their length before them if they are levels of a page of version 1. */
export function runs(values: readonly number[], { width = 1, hasLength = true } = {}): Uint8Array {
  const pieces: number[][] = [];
  for (let from = 0; from < values.length;) {
    let to = from;
    while (to < values.length && values[to] === values[from]) to++;
    const bytes = Array.from({ length: Math.ceil(width / 8) }, (_, i) => values[from] >>> (8 * i) & 255);
    pieces.push([...varint((to - from) * 2), ...bytes]);
    from = to;
  }
  const body = joined(...pieces);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length, true);
  return hasLength ? joined(length, body) : body;
}

/** A page of texts, null for a missing one, as PLAIN. */
export function plainPage(
  texts: readonly (string | null)[],
  { count = texts.length, pack, claims }: {
    count?: number;
    pack?: (bytes: Uint8Array) => Uint8Array;
    claims?: number;
  } = {},
): WrittenPage {
  const unpacked = joined(
    runs(texts.map((text) => text === null ? 0 : 1)),
    plain(texts.filter((text) => text !== null)),
  );
  return {
    header: { 1: { i32: 0 }, 5: { struct: { 1: { i32: count }, 2: { i32: 0 }, 3: { i32: 3 }, 4: { i32: 3 } } } },
    bytes: pack ? pack(unpacked) : unpacked,
    unpacked,
    claims,
  };
}

/** A dictionary, and a page of numbers of what is in it, null for a missing one. */
export function dictionaryPages(texts: readonly string[], indexes: readonly (number | null)[]): WrittenPage[] {
  const bytes = joined(
    runs(indexes.map((index) => index === null ? 0 : 1)),
    [8],
    runs(indexes.filter((index) => index !== null), { width: 8, hasLength: false }),
  );
  return [
    { header: { 1: { i32: 2 }, 7: { struct: { 1: { i32: texts.length }, 2: { i32: 0 } } } }, bytes: plain(texts) },
    {
      header: {
        1: { i32: 0 },
        5: { struct: { 1: { i32: indexes.length }, 2: { i32: 8 }, 3: { i32: 3 }, 4: { i32: 3 } } },
      },
      bytes,
    },
  ];
}
