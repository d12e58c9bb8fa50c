/**
 * The parts that a report's page is made of: large numbers, and tables with bars in their cells.
 *
 * @module
 */

import { html, raw } from "hono/html";

/**
 * A piece of HTML, in which everything that was put in is escaped.
 *
 * @internal
 */
export type Html = ReturnType<typeof html>;

/** A large number and what it is. */
export type Fact = readonly [name: string, value: string, isBad?: boolean];

/** Numbers that are read first. */
export function facts(all: readonly Fact[]): Html {
  return html`<dl class="facts">${
    all.map(([name, value, isBad]) =>
      html`
        <div${isBad ? raw(' class="bad"') : ""}>
          <dt>${name}</dt>
          <dd>${value}</dd>
          </div>
      `
    )
  }</dl>`;
}

/** A cell: its text, and if it has a bar how long that is, which the largest of its column makes full. */
export type Cell = string | { text: string; value: number | undefined };

/** A row: its name, which is also that of its colour, and its cells. */
export type Row = readonly [name: string, ...cells: Cell[]];

/** A table whose first column names its rows. A column in which something is said in words is aligned like text. */
export function table(head: readonly string[], rows: readonly Row[]): Html {
  const most = head.slice(1).map((_, x) => Math.max(...rows.map((row) => valueOf(row[x + 1]) ?? 0)));
  const kinds = head.map((_, x) => x > 0 && rows.some((row) => typeof row[x] === "string" && /^[a-z]/i.test(row[x])));
  const kind = (x: number) => raw(kinds[x] ? ` class="text"` : "");
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label="${head.join(", ")}">
      <table>
        <thead>
          <tr>${head.map((cell, x) =>
            html`
              <th scope="col" ${kind(x)}>${cell}</th>
            `
          )}</tr>
        </thead>
        <tbody>
    ${rows.map(([name, ...cells]) =>
      html`
        <tr style="--c: var(--${name}, var(--quiet))"><th scope="row">${name}</th>${cells.map((cell, x) =>
          html`<td${kind(x + 1)}>${typeof cell === "string" ? cell : withBar(cell, most[x])}</td>`
        )}</tr>
      `
    )}</tbody>
      </table>
    </div>
  `;
}

function withBar({ text, value }: { text: string; value: number | undefined }, most: number): Html {
  if (value === undefined || most === 0) return html`${text}`;
  return html`${text}${raw(`<i class="bar" style="width:${Math.round(value / most * 1_000) / 10}%"></i>`)}`;
}

function valueOf(cell: Cell | undefined): number | undefined {
  return typeof cell === "object" ? cell.value : undefined;
}
