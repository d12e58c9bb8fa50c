/**
 * What tests use of warcio.js. Its own types bring Node's along, which aren't those that Deno has.
 *
 * @module
 */

/** A record. */
export interface WARCRecord {
  /** What it is. */
  warcType: string | null;
  /** What it is of. */
  warcTargetURI: string | null;
  /** Its head. */
  warcHeaders: { statusline: string };
  /** The head of what is in it, if that has one. */
  httpHeaders: { statusCode: number | string } | null;
  /** What is in it, without its head, and unpacked. */
  contentText(): Promise<string>;
}

/** Reads WARC files. */
export class WARCParser {
  /** Reads the records of one. */
  static iterRecords(
    source: ReadableStream<Uint8Array>,
    options?: { strictHeaders?: boolean },
  ): AsyncIterable<WARCRecord>;
}
