import { digits } from '../../escrow/model/count.ts';

const maxOfEachKind = 5;

/**
 * The lines of the first five items of each kind, and how many more there are of it: a thousand alike must not bury the one
 * that is not. Kinds come in the order of their first items.
 * @param kindOf a word for what they have in common, as the code of a failure.
 * @param rest where the others can be seen.
 */
export function firstOfEach<T>(
  items: readonly T[],
  kindOf: (item: T) => string,
  lineOf: (item: T) => string,
  rest: string,
): string[] {
  const kinds = Map.groupBy(items, kindOf);
  return [...kinds].flatMap(([kind, alike]) => {
    const lines = alike.slice(0, maxOfEachKind).map(lineOf);
    const more = alike.length - lines.length;
    return more === 0 ? lines : [...lines, `and ${digits(more)} more like that (${kind}); ${rest}`];
  });
}
