// C0 and C1 controls, the marks that turn the direction of text (Unicode 15, UAX #9), line and paragraph separators, and
// invisible characters that make two names look alike.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is replaced
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu;

/**
 * Text of somebody else's making (an answer, a name, metadata) as it may reach a terminal, a page or a log line: what would steer
 * the terminal or turn the reading direction is shown as `\u001b`.
 * @param keep characters that the caller has a use for, such as a line feed.
 */
export function printable(text: string, keep = ''): string {
  return text.replace(unprintable, (character) => (keep.includes(character) ? character : escaped(character)));
}

/** JSON text with the same value, in which nothing is left that steers a terminal. Line feeds of a pretty form stay. */
export function printableJson(json: string): string {
  return printable(json, '\n');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
