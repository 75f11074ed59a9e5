import { createInterface } from 'node:readline';

/** What stands on the lines of an input, without the empty ones. */
export async function readLines(input: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    // PowerShell writes a byte order mark before the first line of a pipe.
    const text = line.replace(/^\uFEFF/, '').trim();
    if (text !== '') lines.push(text);
  }
  return lines;
}
