import { readFile } from 'node:fs/promises';
import { placeOfJsonFault } from '../../app/json-fault.ts';
import type { Settings } from '../../app/settings.ts';
import { readSettings } from '../../app/settings.ts';
import { UsageFault } from '../terminal/errors.ts';
import type { Io } from '../terminal/io.ts';

/**
 * The app's settings: from the environment, or from the Values of a local.settings.json over it. The file's identity
 * settings are the app's and are left alone: a person comes with their own identity.
 */
export async function loadSettings(io: Io, file: string | undefined): Promise<Settings> {
  return readSettings(file === undefined ? io.env : { ...io.env, ...(await readValues(file)) });
}

async function readValues(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UsageFault(`the settings file ${file} cannot be read: ${cause.message}`, form, { cause });
  });
  const values = readJson(text, file)?.Values;
  if (typeof values !== 'object' || values === null) {
    throw new UsageFault(`the settings file ${file} has no "Values"`, form);
  }
  return values as Record<string, string>;
}

const form = 'It is JSON with an object "Values", as local.settings.sample.json.';

function readJson(text: string, file: string): { readonly Values?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch {
    // Without its cause, which quotes what may be a secret.
    throw new UsageFault(`the settings file ${file} is no JSON: look at ${placeOfJsonFault(text)}`, form);
  }
}
