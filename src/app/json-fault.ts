/**
 * Where a text stops being valid JSON, as `line 2, column 5`. `JSON.parse` says so itself, but quotes the text around
 * the place, and that may be a secret.
 */
export function placeOfJsonFault(text: string): string {
  // An unexpected token comes without its position: it follows the longest beginning that is not refused for a token.
  let from = 0;
  for (let to = text.length; from < to; ) {
    const middle = Math.ceil((from + to) / 2);
    if (faultOf(text.slice(0, middle)).endsWith('is not valid JSON')) to = middle - 1;
    else from = middle;
  }
  const [, position = from] = /at position (\d+)/.exec(faultOf(text.slice(0, from + 1))) ?? [];
  const lines = text.slice(0, Number(position)).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function faultOf(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
