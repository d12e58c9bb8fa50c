/**
 * The word that somebody who mistyped may have meant. Not by a package, since every start would load it, and it is needed
 * for mistakes only.
 *
 * @module
 */

/**
 * Finds the nearest word.
 *
 * @param typed What was typed.
 * @param words What could have been meant, one or more.
 * @returns The first of those that take the fewest changes of a letter (Levenshtein).
 */
export function nearest(typed: string, words: readonly string[]): string {
  let best = words[0];
  let least = Infinity;
  for (const word of words) {
    const changes = distance(typed, word);
    if (changes < least) [best, least] = [word, changes];
  }
  return best;
}

/** Letters to insert, delete or replace to get from one word to the other. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (isSame ? 0 : 1)));
    }
    above = row;
  }
  return above[b.length];
}
