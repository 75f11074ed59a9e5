import { distance } from 'fastest-levenshtein';

/** The known words that somebody may have meant: beginnings and near misses, best first, at most three. */
export function suggest(word: string, known: Iterable<string>): string[] {
  const wanted = word.toLowerCase();
  const maxDistance = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => {
      const name = candidate.toLowerCase();
      const begins = wanted.length > 0 && name.startsWith(wanted);
      return { candidate, apart: begins ? 0.5 : distance(wanted, name) };
    })
    .filter(({ apart }) => apart <= maxDistance)
    .sort((a, b) => a.apart - b.apart || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** `Did you mean "signing"? `, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const candidates = suggest(word, known).map((candidate) => `"${candidate}"`);
  return candidates.length === 0 ? '' : `Did you mean ${candidates.join(' or ')}? `;
}
