/**
 * Reads tars for tests, and believes nothing that others would not.
 *
 * @module
 */

/** A member of a tar. */
export interface ReadMember {
  /** Its path. */
  name: string;
  /** Its bytes. */
  body: Uint8Array<ArrayBuffer>;
}

const BLOCK = 512;

/** Reads all members of a tar, to the two empty blocks at its end. Throws if there is anything else in it. */
export function readTar(path: string): ReadMember[] {
  const bytes = Deno.readFileSync(path);
  const members: ReadMember[] = [];
  let longName: string | undefined;
  for (let at = 0;;) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.length < BLOCK) throw new Error(`${path} ends within a header at ${at}`);
    if (header.every((byte) => byte === 0)) {
      if (bytes.length !== at + 2 * BLOCK || bytes.subarray(at).some((byte) => byte !== 0)) {
        throw new Error(`${path} has something else than two empty blocks at its end, from ${at} on`);
      }
      return members;
    }
    const sum = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    if (parseInt(text(header, 148, 8), 8) !== sum) throw new Error(`${path} has no header at ${at}`);
    const size = parseInt(text(header, 124, 12), 8);
    const from = at + BLOCK;
    const body = bytes.slice(from, from + size);
    at = from + Math.ceil(size / BLOCK) * BLOCK;
    if (bytes.length < at || bytes.subarray(from + size, at).some((byte) => byte !== 0)) {
      throw new Error(`${path} has a member that isn't whole at ${from}`);
    }
    if (String.fromCharCode(header[156]) === "x") {
      longName = / path=([^\n]*)\n/.exec(new TextDecoder().decode(body))?.[1];
      continue;
    }
    const prefix = text(header, 345, 155);
    members.push({ name: longName ?? (prefix === "" ? "" : `${prefix}/`) + text(header, 0, 100), body });
    longName = undefined;
  }
}

/** The names of the shards in a folder, in order. */
export function shardsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
}

/** What all shards of a folder have, and what is said of it, by the key of each. Throws if something has no partner. */
export function readShards(folder: string): Map<string, { name: string; body: string; said: Record<string, unknown> }> {
  const all = new Map<string, { name: string; body: string; said: Record<string, unknown> }>();
  for (const shard of shardsIn(folder)) {
    const members = readTar(`${folder}/${shard}`);
    if (members.length % 2) throw new Error(`${shard} has a member without a partner`);
    for (let i = 0; i < members.length; i += 2) {
      const [{ name, body }, json] = members.slice(i, i + 2);
      const [key] = /^(?:.*\/)?[^./]+/.exec(name) ?? [""];
      if (json.name !== `${key}.json`) throw new Error(`${shard} has ${json.name} behind ${name}`);
      if (all.has(key)) throw new Error(`${shard} has ${key}, which was there before`);
      const said = JSON.parse(new TextDecoder().decode(json.body));
      if (said.file !== shard || said.member !== name) {
        throw new Error(`${shard}/${name} says ${said.file}/${said.member}`);
      }
      all.set(key, { name, body: new TextDecoder().decode(body), said });
    }
  }
  return all;
}

function text(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
