import { assertEquals } from "@std/assert";
import { countOpen } from "../../site/open_connections.ts";

Deno.test("countOpen() counts established connections to a port, and no others", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000
   1: 0100007F:1F40 0100007F:D431 01 00000000:00000000
   2: 0100007F:1F40 0100007F:D432 01 00000000:00000000
   3: 0100007F:1F40 0100007F:D433 08 00000000:00000000
   4: 0100007F:D431 0100007F:1F40 01 00000000:00000000
   5: 0100007F:1F41 0100007F:D435 01 00000000:00000000
`;
  assertEquals([countOpen(table, 8_000), countOpen(table, 8_001), countOpen(table, 8_002)], [2, 1, 0]);
});
