/** What the real host takes for JSON before it parses (Utility.IsJson of azure-functions-host). */
export function looksLikeJson(text: string): boolean {
  return /^\s*(\{.*\}|\[.*\])\s*$/s.test(text);
}
