/**
 * What is wrong with a Parquet file.
 *
 * @module
 */

/** A Parquet file that can't be read. Its message is a sentence without the file. */
export class ParquetError extends Error {}

/**
 * Says what is wrong with a file, where what reads it went by what was in it, and came to something impossible.
 *
 * @param what The part of the file.
 * @param cause What was thrown.
 */
export function damaged(what: string, cause: unknown): ParquetError {
  return cause instanceof ParquetError ? cause : new ParquetError(`its ${what} is damaged`, { cause });
}
