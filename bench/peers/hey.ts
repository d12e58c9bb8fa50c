/** A load generator in Go: it requests one page over and over and reads no numbers. */

import type { Load } from "../load.ts";
import type { Peer } from "../peer.ts";
import { HEY } from "../programs.ts";

/** Connections in flight at most; without TLS, hey speaks HTTP/1.1 only. */
const MOST = 10_000;

/** hey, with a worker (a goroutine) for every request in flight. */
export const hey: Peer = {
  name: "hey",
  about: "hey, as many workers as requests in flight, no timeout",
  http: "1.1",
  check: "counts 200; reads bodies, but not the numbers in them",
  needs: [HEY],
  // Every worker makes equally many requests; hey leaves out what can't be shared out evenly.
  inFlight({ trials, concurrency }: Load) {
    let most = Math.min(trials, concurrency ?? MOST);
    while (trials % most !== 0) most--;
    return most;
  },
  command(load, { url }) {
    return {
      args: ["hey", "-n", `${load.trials}`, "-c", `${this.inFlight(load)}`, "-t", "0", `${url}${load.trials - 1}`],
    };
  },
  read({ stdout }, { trials }) {
    const good = Number(/\[200\]\s+(\d+) responses/.exec(stdout)?.[1] ?? 0);
    if (good !== trials) {
      throw new Error(`${good} answers 200 of ${trials}: ${/Error distribution:\s+(.*)/.exec(stdout)?.[1]}`);
    }
    return { seconds: Number(/Total:\s+([\d.]+) secs/.exec(stdout)?.[1]) };
  },
};
