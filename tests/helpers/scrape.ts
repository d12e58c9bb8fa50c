/**
 * Metrics, as Prometheus gets them.
 *
 * @module
 */

/**
 * Gets metrics.
 *
 * @param url Where they are.
 * @returns The values by name and labels as they are written, for example `downloads_total{result="done",kind=""}`, and the
 * text as it came.
 */
export async function scrape(url: string): Promise<{ values: Map<string, number>; text: string }> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const values = new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
  return { values, text };
}

/**
 * Gets metrics again and again, until one has a value.
 *
 * @param url Where they are.
 * @param name The name and labels of the one.
 * @param value What it must be.
 * @returns Them all, as they were then.
 */
export async function scrapeUntil(url: string, name: string, value: number): Promise<Map<string, number>> {
  while (true) {
    const { values } = await scrape(url);
    if (values.get(name) === value) return values;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
