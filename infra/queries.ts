import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./queries/', import.meta.url);

/** Every query of the alarms and the workbook as it is deployed, but for its placeholders, by file name. */
export function readQueries(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.kql'))
      .sort()
      .map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
  );
}
