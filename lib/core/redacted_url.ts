/**
 * URLs as they may be kept where many people look: in traces, for example.
 *
 * @module
 */

import { splitCredentials } from "./credentials.ts";
import { percentDecoded } from "./percent_decoded.ts";

/**
 * Parameters that let whoever knows them in: those that OpenTelemetry names
 * (https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/), and what others call the same.
 */
const SECRET =
  /(?:^|[-_.])(?:sig|auth|pwd|key|code|jwt)$|(?:signature|token|secret|password|passwd|credential|api_?key|access_?key(?:_?id)?)$|^(?:policy|key-pair-id|sid|session_?id)$/i;

/**
 * Takes secrets out of a URL.
 *
 * @param url Any text.
 * @returns The URL without user name, password and fragment, and with `REDACTED` for the values of parameters that sound secret.
 */
export function redactedUrl(url: string): string {
  const [shown] = splitCredentials(url).url.split("#", 1);
  const question = shown.indexOf("?");
  if (question < 0) return shown;
  const pairs = shown.slice(question + 1).split("&").map((pair) => {
    const [name] = pair.split("=", 1);
    return name.length < pair.length && SECRET.test(percentDecoded(name)) ? `${name}=REDACTED` : pair;
  });
  return `${shown.slice(0, question)}?${pairs.join("&")}`;
}

/**
 * Takes secrets out of the URLs in a sentence.
 *
 * @param text The sentence.
 */
export function withRedactedUrls(text: string): string {
  return text.replaceAll(/https?:\/\/[^\s"']+/gi, redactedUrl);
}
