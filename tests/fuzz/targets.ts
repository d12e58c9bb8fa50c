/** All targets, by their names. */

import { BombTarget } from "./bomb_target.ts";
import { EndlessTarget } from "./endless_target.ts";
import { Http2Target } from "./http2/target.ts";
import { ScriptedTarget } from "./scripted_target.ts";
import { SocketTarget } from "./socket_target.ts";
import type { AnyTarget } from "./target.ts";

/** The names of all targets. */
export const TARGETS = ["scripted", "sockets", "fetch", "endless", "bombs", "http2"] as const;

/** The name of a target. */
export type TargetName = typeof TARGETS[number];

const OPEN: Record<TargetName, () => AnyTarget | Promise<AnyTarget>> = {
  scripted: () => new ScriptedTarget(),
  sockets: () => SocketTarget.start("sockets"),
  fetch: () => SocketTarget.start("fetch"),
  endless: () => new EndlessTarget(),
  bombs: () => new BombTarget(),
  http2: () => new Http2Target(),
};

/** Opens targets, to be closed together. */
export async function openTargets(names: readonly TargetName[]): Promise<{ all: AnyTarget[] } & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const all: AnyTarget[] = [];
  for (const name of names) all.push(stack.use(await OPEN[name]()));
  return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
