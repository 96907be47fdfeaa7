/** The most batches for which a look is left out after one that found little. */
const LONGEST_REST = 64;

/** When to look past records that change all the time: each look may read as many rows as are theirs. */
export type LooksPast = {
  /** Asked for each batch that a few records fill. */
  isDue(): boolean;
  /** Told whether a look found enough; one that did not is repeated later and later. */
  found(isEnough: boolean): void;
};

/** Looks that begin at once. */
export function createLooksPast(): LooksPast {
  let resting = 0;
  let rest = 1;
  return {
    isDue: () => {
      if (resting === 0) return true;
      resting -= 1;
      return false;
    },
    found: (isEnough) => {
      resting = isEnough ? 0 : rest;
      rest = isEnough ? 1 : Math.min(2 * rest, LONGEST_REST);
    },
  };
}
