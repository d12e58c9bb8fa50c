/**
 * Requests that aren't begun yet, because every connection that there may be is in use: a wait of this machine's own making,
 * which is no time of the server's.
 *
 * @module
 */

import { Fifo } from "../core/fifo.ts";
import type { ConnectionSlots } from "./connection_slots.ts";

/** Requests begun in one turn of the event loop, after which what has arrived gets its due. */
const STARTS_PER_TURN = 1_000;

/** What a {@linkcode StartQueue} is made with. */
export interface StartQueueOptions {
  /** Counts the connections. */
  slots: ConnectionSlots;
  /** How many more requests could be sent now, as far as slots are concerned. */
  room: () => number;
}

/** Requests to one origin that wait for a slot before they begin, in their order. */
export class StartQueue {
  readonly #slots: ConnectionSlots;
  readonly #room: () => number;
  readonly #waiting = new Fifo<() => void>();
  #isInLine = false;

  /** Nothing waits yet. */
  constructor({ slots, room }: StartQueueOptions) {
    this.#slots = slots;
    this.#room = room;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for its turn, behind those that were here before.
   *
   * @returns Undefined if a request may begin now.
   */
  enter(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#room() > 0) {
      this.#slots.promise(1);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.admit();
    });
  }

  /** Lets in as many as there is room for. */
  admit(): void {
    if (this.#waiting.length === 0) return;
    const count = Math.min(this.#waiting.length, this.#room(), STARTS_PER_TURN);
    if (count > 0) this.#slots.promise(count);
    for (let n = 0; n < count; n++) this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#waitInLine();
  }

  /** Lets in all: there will be no more room. */
  close(): void {
    for (const begin of this.#waiting.takeAll()) begin();
  }

  #waitInLine(): void {
    if (this.#isInLine) return;
    this.#isInLine = true;
    this.#slots.wait(() => {
      this.#isInLine = false;
      this.admit();
    });
  }
}
