/**
 * The broker that `--queue` names: one somewhere, or this machine's own.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import { Broker, type ConnectOptions, type Run } from "./broker.ts";
import { parseBrokerAddress } from "./broker_address.ts";
import { BrokerError } from "./broker_error.ts";

/** A broker for as long as it is used. */
export interface OpenBroker extends AsyncDisposable {
  /** The connection to it. */
  readonly broker: Broker;
}

/** How to open it. */
export interface OpenBrokerOptions extends ConnectOptions {
  /** Called with a message. */
  say: (line: string) => void;
}

/**
 * Connects to the broker, and starts it first if it is this machine's own and doesn't run.
 *
 * @param queue What `--queue` says: an address, or `local`.
 * @param options How to connect.
 * @throws {UsageError} If it is neither.
 * @throws {CommandError} If it can't be reached or started.
 */
export async function openBroker(queue: string, options: OpenBrokerOptions): Promise<OpenBroker> {
  await using stack = new AsyncDisposableStack();
  let url = queue;
  if (queue === "local") {
    const { joinLocalBroker } = await import("./local_broker.ts");
    url = stack.use(await joinLocalBroker(options)).url;
  }
  const broker = stack.use(await Broker.connect(addressOf(url), options));
  const kept = stack.move();
  return { broker, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function addressOf(url: string) {
  try {
    return parseBrokerAddress(url);
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** The names of runs that are listed at most. */
const LISTED = 10;

/**
 * Opens a run that is there.
 *
 * @param broker The broker.
 * @param name Its name. Default: the only one that is there.
 * @throws {BrokerError} `missing` if there is no such run, with the names of those that are there.
 */
export async function findRun(broker: Broker, name?: string): Promise<Run> {
  const names = await broker.runNames();
  const [only] = names;
  if (name === undefined && names.length === 1) return await broker.openRun(only);
  if (name !== undefined && (names.includes(name) || names.length === 0)) return await broker.openRun(name);
  if (names.length === 0) {
    throw new BrokerError("missing", `There is no run on ${broker.shown}: give it an --input first`);
  }
  const there = names.slice(0, LISTED).join(", ") + (names.length > LISTED ? ` and ${names.length - LISTED} more` : "");
  throw new BrokerError(
    "missing",
    name === undefined
      ? `There are several runs on ${broker.shown}: name one of them with --run: ${there}`
      : `There is no run ${name} on ${broker.shown}, but ${there}: name it with --run, or give it an --input first`,
  );
}
