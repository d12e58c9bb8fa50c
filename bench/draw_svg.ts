/**
 * Draws a plot as SVG without a browser: Observable Plot draws into domino's document.
 *
 * @module
 */

import domino from "domino";
import * as Plot from "@observablehq/plot";

/**
 * Draws a plot.
 *
 * @param ariaLabel What the picture is called, for those who can't see it.
 * @param options The plot, as Observable Plot takes it.
 * @returns An SVG element. Text has the colour of the text around it.
 * @internal Plot's types are documented where they come from.
 */
export function drawSvg(ariaLabel: string, options: Plot.PlotOptions): string {
  const svg: { outerHTML: string; setAttribute(name: string, value: string): void } = Plot.plot({
    document: domino.createDocument(),
    marginBottom: 40,
    className: "plot",
    style: { fontSize: "13px", overflow: "visible" },
    ariaLabel,
    ...options,
  });
  svg.setAttribute("role", "img");
  return svg.outerHTML
    .replace(/<style>.*?<\/style>/s, "")
    .replace(/<g aria-label="[^"]*"/g, "<g") // the parts of an image have no names of their own
    .replace(/="[^"]*"/g, (attribute) => attribute.replace(/\d+\.\d{2,}/g, oneDecimal));
}

/** Tenths of a pixel are enough, and make a picture half as large. */
function oneDecimal(number: string): string {
  return String(Math.round(Number(number) * 10) / 10);
}
