import { readFile } from 'node:fs/promises';
import type { Settings } from '../settings.ts';
import { readSettings } from '../settings.ts';
import type { Io } from './io.ts';
import { UsageFault } from './usage-fault.ts';

/**
 * The app's settings: from the environment, or from the Values of a local.settings.json over it. The file's identity
 * settings are the app's and are left alone: a person comes with their own identity.
 */
export async function loadSettings(io: Io, file: string | undefined): Promise<Settings> {
  return readSettings(file === undefined ? io.env : { ...io.env, ...(await readValues(file)) });
}

async function readValues(file: string): Promise<Record<string, string>> {
  let values: unknown;
  try {
    values = JSON.parse(await readFile(file, 'utf8')).Values;
  } catch (cause) {
    throw new UsageFault(
      `the settings file ${file} cannot be read: ${(cause as Error).message}`,
      'It is JSON with an object "Values", as local.settings.sample.json.',
      { cause },
    );
  }
  if (typeof values !== 'object' || values === null) {
    throw new UsageFault(`the settings file ${file} has no "Values"`, 'Write it as local.settings.sample.json.');
  }
  return values as Record<string, string>;
}
