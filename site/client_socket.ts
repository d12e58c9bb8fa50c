/**
 * The TCP socket under a request, for what HTTP has no words for: garbage, silence, a reset.
 *
 * Deno.serve doesn't hand out its sockets. So this finds the descriptor that leads to the client through the C library,
 * and acts on that. It costs nothing until a request asks for it, unlike a proxy in front of the server, which every
 * byte of every request would pass. It works on Linux only, and needs --allow-ffi.
 *
 * @module
 */

/** What can be done to a socket behind the server's back. */
export interface ClientSocket {
  /** Sends bytes as they are. Returns how many there was room for, which may be none. */
  write(bytes: Uint8Array<ArrayBuffer>): number;
  /** Ends the connection in order (FIN). */
  end(): void;
  /** Breaks the connection off (RST). */
  reset(): void;
}

/** Whether sockets are available here. */
export function socketsAvailable(): boolean {
  return library() !== undefined;
}

/**
 * The socket that leads to a client.
 *
 * @param client The client's address, from a request that is being answered.
 * @returns The socket; undefined where sockets aren't available, or when the client is gone.
 */
export function clientSocket(client: Deno.NetAddr): ClientSocket | undefined {
  const c = library();
  const descriptor = c && descriptorOf(c, peerName(client));
  if (c === undefined || descriptor === undefined) return undefined;
  return {
    write: (bytes) => Math.max(0, Number(c.send(descriptor, bytes, BigInt(bytes.byteLength), MSG_NOSIGNAL))),
    end: () => void c.shutdown(descriptor, SHUT_RDWR),
    // To connect to nowhere takes a TCP socket apart, with a reset: connect(2), "may dissolve the association".
    reset: () => void c.connect(descriptor, NOWHERE, NOWHERE.byteLength),
  };
}

/** The clients that are connected now, by {@linkcode peerName}. */
export function connectedClients(): Set<string> {
  const c = library();
  if (c) findDescriptors(c);
  return new Set(descriptors.keys());
}

/** An address in the form in which {@linkcode connectedClients} knows it. */
export function peerName(client: Deno.NetAddr): string {
  return `${client.hostname} ${client.port}`;
}

const AF_INET = 2;
const AF_INET6 = 10;
const MSG_NOSIGNAL = 0x4000;
const SHUT_RDWR = 2;
/** A sockaddr of family AF_UNSPEC. */
const NOWHERE = new Uint8Array(16);

/** Unused numbers in a row after which no descriptor is expected: the kernel always gives out the lowest free one. */
const MAX_GAP = 16_384;

const SYMBOLS = {
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  "inet_ntop": { parameters: ["i32", "buffer", "buffer", "u32"], result: "pointer" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
let loaded: Library | undefined | null = null;

/** The C library, loaded when it is first needed. */
function library(): Library | undefined {
  if (loaded !== null) return loaded;
  const permitted = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  loaded = Deno.build.os === "linux" && permitted ? Deno.dlopen("libc.so.6", SYMBOLS).symbols : undefined;
  return loaded;
}

/** Descriptors by {@linkcode peerName}, as they were when last looked for: each may have been closed and reused since. */
let descriptors = new Map<string, number>();

function descriptorOf(c: Library, name: string): number | undefined {
  const known = descriptors.get(name);
  if (known !== undefined && nameOfPeer(c, known) === name) return known;
  findDescriptors(c);
  return descriptors.get(name);
}

/** Looks at every descriptor of this process for sockets that are connected. */
function findDescriptors(c: Library): void {
  descriptors = new Map();
  let gap = 0;
  for (let descriptor = 3; gap < MAX_GAP; descriptor++) {
    const name = nameOfPeer(c, descriptor);
    if (name) descriptors.set(name, descriptor);
    gap = name === undefined ? gap + 1 : 0;
  }
}

const address = new Uint8Array(128);
const addressView = new DataView(address.buffer);
const addressLength = new Uint32Array(1);
const text = new Uint8Array(64);
const decoder = new TextDecoder();

/** Who is at the other end of a descriptor; empty if it isn't an IP socket, undefined if it isn't connected. */
function nameOfPeer(c: Library, descriptor: number): string | undefined {
  addressLength[0] = address.byteLength;
  if (c.getpeername(descriptor, address, addressLength) !== 0) return undefined;
  const family = addressView.getUint16(0, true);
  if (family !== AF_INET && family !== AF_INET6) return "";
  c.inet_ntop(family, address.subarray(family === AF_INET ? 4 : 8), text, text.byteLength);
  return `${decoder.decode(text.subarray(0, text.indexOf(0)))} ${addressView.getUint16(2)}`;
}
