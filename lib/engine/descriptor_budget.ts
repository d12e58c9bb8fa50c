/**
 * What each part of a run may have of the file descriptors that there are.
 *
 * @module
 */

/** Descriptors that a process has before it downloads anything, about 25, and for its lists, its journal and its reports. */
const RESERVED = 40;

/** Descriptors that a worker takes: three of its own, and copies of standard input, output and error. */
const PER_WORKER = 6;

/** The part of the rest that workers may take: what a worker is for takes descriptors, too. */
const FOR_WORKERS = 1 / 2;

/** The part of what is left then that connections without a request may take. */
const FOR_IDLE = 1 / 4;

/** What a run wants. */
export interface DescriptorNeeds {
  /** Isolates it would have, the main one included. */
  isolates: number;
  /** Whether bodies are saved, so that a download has a file open beside its connection. */
  isSaving: boolean;
}

/** What it may have. */
export interface DescriptorBudget {
  /** Isolates, the main one included. */
  isolates: number;
  /** Downloads in flight, in all isolates together. */
  inFlight: number;
  /** Connections without a request, in all isolates together. */
  idle: number;
}

/**
 * Shares out the file descriptors.
 *
 * @param limit How many the process may have; `Infinity` for any number.
 * @param needs What the run wants.
 * @returns At least one of each.
 */
export function descriptorBudget(limit: number, { isolates, isSaving }: DescriptorNeeds): DescriptorBudget {
  const free = Math.max(0, limit - RESERVED);
  const workers = Math.min(isolates - 1, Math.floor(free * FOR_WORKERS / PER_WORKER));
  const left = free - workers * PER_WORKER;

  return {
    isolates: 1 + workers,
    inFlight: Math.max(1, Math.floor(left * (1 - FOR_IDLE) / (isSaving ? 2 : 1))),
    idle: Math.max(1, Math.floor(left * FOR_IDLE)),
  };
}
