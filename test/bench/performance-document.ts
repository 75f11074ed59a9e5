/**
 * Replaces a part of a document between `<!-- name -->` and `<!-- /name -->`, which stay.
 * @throws when the document has no such part.
 */
export function withPart(document: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`The document has no part "${name}" between ${begin} and ${end}.`);
  return `${document.slice(0, from + begin.length)}\n${content}\n${document.slice(to)}`;
}

export function partOf(document: string, name: string): string | undefined {
  return new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n<!-- /${name} -->`).exec(document)?.[1];
}
