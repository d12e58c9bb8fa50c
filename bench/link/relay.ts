/**
 * A line between two network devices: packets come out at the other end later, not faster than the line allows, and not all
 * of them. What `tc netem` does in kernels that have it; this needs only TUN devices, which all have.
 *
 *     deno run -A bench/link/relay.ts '{"devices":["near0","far0"],"delayMs":25,"loss":0.01,"bitsPerSecond":1e9}'
 *
 * It makes both devices in its own network namespace, prints a line, and relays until it is killed. Packets wait in a queue
 * for the line as in a router; one that finds it full is dropped.
 *
 * @module
 */

/** A line, as the command gets it. */
export interface LinkOptions {
  /** Milliseconds a packet is under way, in either direction. */
  delayMs: number;
  /** The part of all packets that is lost, from 0 to 1. */
  loss: number;
  /** Bits per second, in either direction. */
  bitsPerSecond: number;
}

const MTU = 1_500;
/** Packets that may be under way or wait in a direction: 1 Gbit/s at 100 ms. */
const SLOTS = 8_192;
/** Milliseconds a packet may wait for the line: as long as it is under way there and back. */
const QUEUE_MS = 50;
/** Packets read in one go, so that neither direction waits long for the other. */
const BATCH = 64;

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
/** `_IOW('T', 202, int)` (linux/if_tun.h). */
const TUNSETIFF = 0x400454ca;
/** IFF_TUN | IFF_NO_PI: packets as they are, without Ethernet and without a header of the device's. */
const TUN_WITHOUT_HEADER = 0x1001;
const POLLIN = 1;

function loadLibrary() {
  return Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    ppoll: { parameters: ["buffer", "u64", "buffer", "pointer"], result: "i32" },
  }).symbols;
}

type Library = ReturnType<typeof loadLibrary>;

/** Makes a TUN device. */
function openDevice(c: Library, name: string): number {
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  const descriptor = c.open(text("/dev/net/tun"), O_RDWR | O_NONBLOCK);
  if (descriptor < 0) throw new Error("Opening /dev/net/tun failed: it takes root, and a kernel with TUN devices");
  const request = new Uint8Array(40); // struct ifreq
  request.set(text(name));
  new DataView(request.buffer).setInt16(16, TUN_WITHOUT_HEADER, true);
  if (c.ioctl(descriptor, BigInt(TUNSETIFF), request) < 0) throw new Error(`Making the device ${name} failed`);
  return descriptor;
}

/** One direction of the line: a ring of packets, each with the time at which it is there. */
class Direction {
  readonly #slots: Uint8Array<ArrayBuffer>[];
  readonly #lengths = new Uint16Array(SLOTS);
  readonly #due = new Float64Array(SLOTS);
  #first = 0;
  #count = 0;
  /** When the line has sent what it was given. */
  #freeAt = 0;

  constructor(readonly c: Library, readonly from: number, readonly to: number, readonly line: LinkOptions) {
    const memory = new Uint8Array(SLOTS * MTU);
    this.#slots = Array.from({ length: SLOTS }, (_, at) => memory.subarray(at * MTU, (at + 1) * MTU));
  }

  /** Milliseconds at which the next packet is there; Infinity if none is under way. */
  get next(): number {
    return this.#count > 0 ? this.#due[this.#first] : Infinity;
  }

  /** Takes packets from the device; says whether there were any. */
  take(now: number): boolean {
    const { delayMs, loss, bitsPerSecond } = this.line;
    let taken = 0;
    while (taken < BATCH && this.#count < SLOTS) {
      const at = (this.#first + this.#count) % SLOTS;
      const length = Number(this.c.read(this.from, this.#slots[at], BigInt(MTU)));
      if (length <= 0) break;
      taken++;
      if (Math.random() < loss) continue;
      const begins = Math.max(now, this.#freeAt);
      if (begins - now > QUEUE_MS) continue;
      this.#freeAt = begins + length * 8_000 / bitsPerSecond;
      this.#lengths[at] = length;
      this.#due[at] = this.#freeAt + delayMs;
      this.#count++;
    }
    return taken > 0;
  }

  /** Hands over the packets that are there. */
  give(now: number): void {
    while (this.#count > 0 && this.#due[this.#first] <= now) {
      this.c.write(this.to, this.#slots[this.#first], BigInt(this.#lengths[this.#first]));
      this.#first = (this.#first + 1) % SLOTS;
      this.#count--;
    }
  }
}

/** Relays for ever. Nothing else can happen in this isolate meanwhile. */
function relay(c: Library, [near, far]: number[], line: LinkOptions): never {
  const directions = [new Direction(c, near, far, line), new Direction(c, far, near, line)];
  const descriptors = new Int32Array([near, POLLIN, far, POLLIN]); // struct pollfd: the int, and two shorts
  const timeout = new BigInt64Array(2); // struct timespec
  while (true) {
    const now = performance.now();
    const isBusy = directions.map((direction) => direction.take(now)).includes(true);
    for (const direction of directions) direction.give(performance.now());
    if (isBusy) continue;
    const ms = Math.max(0, Math.min(1_000, directions[0].next - now, directions[1].next - now));
    timeout[0] = BigInt(Math.floor(ms / 1_000));
    timeout[1] = BigInt(Math.floor((ms % 1_000) * 1e6));
    c.ppoll(new Uint8Array(descriptors.buffer), 2n, new Uint8Array(timeout.buffer), null);
  }
}

if (import.meta.main) {
  const { devices, ...line }: LinkOptions & { devices: string[] } = JSON.parse(Deno.args[0]);
  const c = loadLibrary();
  const descriptors = devices.map((name) => openDevice(c, name));
  console.log("ready");
  relay(c, descriptors, line);
}
