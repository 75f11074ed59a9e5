/**
 * Whether a key name matches a pattern with `*` (any run of characters, none too) and `?` (exactly one).
 * Key names are case-insensitive in the service, so the match is too. Linear in practice: a star is retried only from its
 * last position, never recursively.
 */
export function matchesWildcard(pattern: string, name: string): boolean {
  const want = pattern.toLowerCase();
  const have = name.toLowerCase();
  let wantAt = 0;
  let haveAt = 0;
  let star = -1;
  let resumeAt = 0;
  while (haveAt < have.length) {
    if (want[wantAt] === '*') {
      star = wantAt++;
      resumeAt = haveAt;
    } else if (wantAt < want.length && (want[wantAt] === '?' || want[wantAt] === have[haveAt])) {
      wantAt++;
      haveAt++;
    } else if (star >= 0) {
      wantAt = star + 1;
      haveAt = ++resumeAt;
    } else {
      return false;
    }
  }
  while (want[wantAt] === '*') wantAt++;
  return wantAt === want.length;
}

export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesWildcard(pattern, name));
}

/** A pattern without wildcards names one key, which then has to exist. */
export function isLiteral(pattern: string): boolean {
  return !/[*?]/.test(pattern);
}
