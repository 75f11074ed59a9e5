import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** The Values of a local.settings.json: the user's own where there is one, else the sample. */
export async function readLocalSettings(): Promise<{ file: string; values: Record<string, string> }> {
  const file = existsSync('local.settings.json') ? 'local.settings.json' : 'local.settings.sample.json';
  try {
    const { Values } = JSON.parse(await readFile(file, 'utf8'));
    return { file, values: { ...Values } };
  } catch (cause) {
    throw new Error(`Cannot read ${file}: ${(cause as Error).message}. It must be JSON with an object "Values".`, {
      cause,
    });
  }
}
