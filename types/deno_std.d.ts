/**
 * Types for the parts of std that are used here. The npm package `deno-std` ships none, and without them
 * wrong code would pass `deno check`. Not needed, and to be left out, when deno.json maps std to JSR.
 */

declare module "@std/async/delay" {
  export function delay(ms: number, options?: { signal?: AbortSignal; persistent?: boolean }): Promise<void>;
}

declare module "@std/http/status" {
  export const STATUS_TEXT: Record<number, string>;
}

declare module "@std/streams/text-line-stream" {
  export class TextLineStream extends TransformStream<string, string> {
    constructor(options?: { allowCR?: boolean });
  }
}

declare module "@std/text/closest-string" {
  export function closestString(
    givenWord: string,
    possibleWords: readonly string[],
    options?: { caseSensitive?: boolean; compareFn?: (a: string, b: string) => number },
  ): string;
}

declare module "@std/assert" {
  // deno-lint-ignore no-explicit-any
  type Constructor<T> = abstract new (...args: any[]) => T;
  export class AssertionError extends Error {}
  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void;
  export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;
  export function assertFalse(expr: unknown, msg?: string): void;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertInstanceOf<T>(actual: unknown, expectedType: Constructor<T>, msg?: string): asserts actual is T;
  export function assertIsError<E extends Error = Error>(
    error: unknown,
    ErrorClass?: Constructor<E>,
    msgMatches?: string | RegExp,
    msg?: string,
  ): asserts error is E;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertObjectMatch(actual: object, expected: object, msg?: string): void;
  export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    ErrorClass: Constructor<E>,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
  export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertThrows(fn: () => unknown, msg?: string): unknown;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    ErrorClass: Constructor<E>,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function fail(msg?: string): never;
}

declare module "@std/csv/parse" {
  export function parse(text: string): string[][];
}
