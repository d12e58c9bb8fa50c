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

/**
 * Opens a run that is there.
 *
 * @param broker The broker.
 * @param name Its name. Default: the only one that is there.
 * @throws {BrokerError} `missing` if there is no such run, or more than one and no name.
 */
export async function findRun(broker: Broker, name?: string): Promise<Run> {
  if (name !== undefined) return await broker.openRun(name);
  const names = await broker.runNames();
  if (names.length === 1) return await broker.openRun(names[0]);
  throw new BrokerError(
    "missing",
    names.length === 0
      ? "There is no run on the broker: start one with an --input"
      : `There are several runs on the broker: name one of them with --run: ${names.join(", ")}`,
  );
}
