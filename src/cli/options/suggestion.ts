/** The number of letters to change, add, drop or swap to get from one word to the other (optimal string alignment). */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row++) {
    const next = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      next.push(cost);
    }
    beforeLast = last;
    last = next;
  }
  return last[right.length] ?? 0;
}

/** The known words that somebody may have meant: beginnings and near misses, best first, at most three. */
export function suggest(word: string, known: Iterable<string>): string[] {
  const wanted = word.toLowerCase();
  const most = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => {
      const name = candidate.toLowerCase();
      const begins = wanted.length > 0 && name.startsWith(wanted);
      return { candidate, distance: begins ? 0.5 : editDistance(wanted, name) };
    })
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean "signing"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const candidates = suggest(word, known).map((candidate) => `"${candidate}"`);
  return candidates.length === 0 ? '' : `Did you mean ${candidates.join(' or ')}? `;
}
