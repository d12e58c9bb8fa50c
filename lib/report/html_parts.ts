/**
 * The parts that a report's page is made of: figures, and tables to read them in.
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

/** A section with a chart, and its figures as a table to open. */
export function figure(title: string, about: string, chart?: string, figures?: Html): Html {
  return html`<section>
<figure>
<figcaption><h2>${title}</h2><p>${about}</p></figcaption>
${chart ? raw(chart) : ""}
</figure>
${figures ? details(title, figures) : ""}
</section>`;
}

/** A table to open. */
export function details(title: string, figures: Html): Html {
  return html`<details><summary>${title} as a table</summary>${figures}</details>`;
}

/** A table whose first column names its rows; the second column, if text, is aligned like text. */
export function table(head: string[], rows: string[][]): Html {
  const kind = (x: number) => x === 1 && rows.some((row) => /^[a-z]/.test(row[1])) ? raw(` class="text"`) : "";
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
        <tr><th scope="row">${name}</th>${cells.map((cell, x) => html`<td${kind(x + 1)}>${cell}</td>`)}</tr>
      `
    )}</tbody>
      </table>
    </div>
  `;
}
