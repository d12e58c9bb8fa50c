/**
 * What a strategy is made of, as a drawing: isolates on the left, from which connections fan out, from which requests in flight
 * fan out. It has no text, so that it can be as small as a word, and stands above the three numbers.
 *
 * @module
 */

/** What is drawn. */
export interface Anatomy {
  /** Isolates that download. */
  isolates: number;
  /** Connections that were opened; undefined where nobody knows. */
  connections?: number;
  /** The most requests in flight. */
  inFlight: number;
}

/** Its size in its own units, which are pixels in a report. */
export const ANATOMY = { width: 156, height: 40 };

/** Where isolates are, where connections begin and end, where requests begin and end. */
const X = { isolates: 6, from: 58, to: 92, requests: 124, end: 155 };

const EDGE = 4;

/**
 * Draws it, in the colour that text would have there (`currentColor`).
 *
 * Up to six of a kind are drawn each; above, their number grows slower than they do, so that 8,000 connections are more than
 * 50, and fewer than can be counted. A connection is as thick as many requests share it. Connections that nobody counted are dashed.
 *
 * @param anatomy What it is made of.
 * @returns The inside of an SVG element of the size {@linkcode ANATOMY}.
 */
export function drawAnatomy({ isolates, connections, inFlight }: Anatomy): string {
  const [left, right] = [lines(isolates), lines(inFlight)];
  const middle = connections === undefined ? Math.min(right, Math.max(left, 3)) : Math.min(lines(connections), right);
  const shared = connections ? inFlight / connections : 1;
  const gap = middle > 1 ? spread(middle)[1] - spread(middle)[0] : Infinity;
  const thick = round(Math.min(3.2, gap * 0.6, 0.8 + Math.max(0, Math.log10(shared)) * 1.1));
  const dashes = connections === undefined ? ` stroke-dasharray="3 2"` : "";
  const fans = spread(middle).map((y, i) => {
    const from = spread(left)[Math.floor(i * left / middle)];
    return `M${X.isolates} ${from}${curve(X.isolates, from, X.from, y)}H${X.to}`;
  });
  const requests = spread(right).map((y, i) => {
    const from = spread(middle)[Math.floor(i * middle / right)];
    return `M${X.to} ${from}${curve(X.to, from, X.requests, y)}`;
  });
  const bars = spread(right).map((y) => `M${X.requests} ${y}H${X.end}`);
  const height = round(Math.min(3, (ANATOMY.height - 2 * EDGE) / right * 0.7 + 0.3));
  const radius = left > 6 ? 1.6 : 4;
  return `<path d="${fans.join("")}" fill="none" stroke="currentColor" stroke-width="${thick}"${dashes}/>` +
    `<path d="${requests.join("")}" fill="none" stroke="currentColor" stroke-width="0.7" stroke-opacity="0.6"/>` +
    `<path d="${bars.join("")}" fill="none" stroke="currentColor" stroke-width="${height}"/>` +
    spread(left).map((y) => `<circle cx="${X.isolates}" cy="${y}" r="${radius}" fill="currentColor"/>`).join("");
}

/** How many lines stand for so many things. */
function lines(count: number): number {
  if (count <= 6) return Math.max(1, count);
  return Math.min(26, Math.round(6 + 2 * Math.log10(count / 6) ** 2));
}

/** Evenly over the height; few of them stay together in its middle. */
function spread(count: number): number[] {
  const height = Math.min(ANATOMY.height - 2 * EDGE, (count - 1) * 7);
  const top = (ANATOMY.height - height) / 2;
  return Array.from(
    { length: count },
    (_, i) => round(count === 1 ? ANATOMY.height / 2 : top + i * height / (count - 1)),
  );
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const half = (fromX + toX) / 2;
  return fromY === toY ? `H${toX}` : `C${half} ${fromY} ${half} ${toY} ${toX} ${toY}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
