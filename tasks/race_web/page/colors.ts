/// <reference lib="dom" />
/**
 * The page's colours where it draws on a canvas, which knows no CSS variables.
 *
 * @module
 */

/** What a lane is drawn with. */
export interface Inks {
  /** What has arrived. */
  ink: string;
  /** What is in flight. */
  pale: string;
  /** What isn't asked for yet. */
  faint: string;
  /** What has failed. */
  failed: string;
  /** Lines behind it all. */
  line: string;
  /** Lines that say something. */
  quiet: string;
}

/**
 * The colours as they are now, in light or dark.
 *
 * @param element An element of the lane.
 */
export function inksOf(element: HTMLElement): Inks {
  const probe = document.createElement("i");
  probe.style.forcedColorAdjust = "none"; // a canvas has no forced colours, in which all of these would be the same
  element.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const inks = {
    ink: read("ink"),
    pale: read("pale"),
    faint: read("faint"),
    failed: read("failed"),
    line: read("line"),
    quiet: read("quiet"),
  };
  probe.remove();
  return inks;
}

/** Slanting lines, for what was extrapolated and not measured. */
export function hatching(context: CanvasRenderingContext2D, color: string, scale: number): CanvasPattern | string {
  const size = Math.round(6 * scale);
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext("2d");
  if (!pen) return color;
  pen.strokeStyle = color;
  pen.lineWidth = scale;
  for (const x of [-size, 0, size]) {
    pen.moveTo(x, size);
    pen.lineTo(x + size, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat") ?? color;
}
