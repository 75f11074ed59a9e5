/** Twenty pages. Whoever adds more to one folder must not stop an audit; what is left out is reported. */
const maxListed = 100_000;

/** Goes through a listing as far as that. @returns whether it came to its end. */
export async function eachListed<T>(items: AsyncIterable<T>, each: (item: T) => void): Promise<boolean> {
  let listed = 0;
  for await (const item of items) {
    if (++listed > maxListed) return false;
    each(item);
  }
  return true;
}
