/**
 * Percent-encoded text that may not be.
 *
 * @module
 */

/**
 * Decodes what is percent-encoded in a URL.
 *
 * @param text A part of a URL.
 * @returns What it stands for. What isn't UTF-8, or has a stray percent sign, is returned as it is: people write passwords
 * unencoded and mean them so, and a file's name then shows what the URL does.
 */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
