import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { placeOfJsonFault } from '../../app/json-fault.ts';
import type { Settings } from '../../app/settings.ts';
import { readSettings } from '../../app/settings.ts';
import { UsageFault } from '../terminal/errors.ts';
import type { Io } from '../terminal/io.ts';

export interface SettingsPlace {
  /** A settings file. */
  readonly settings?: string | undefined;
  /** A folder, or the URL of a container. */
  readonly store?: string | undefined;
}

/**
 * The app's settings: from the environment, or from the Values of a local.settings.json over it. The file's identity
 * settings are the app's and are left alone: a person comes with their own identity.
 */
export async function loadSettings(io: Io, { settings, store }: SettingsPlace): Promise<Settings> {
  return readSettings(
    { ...io.env, ...(settings && (await readValues(settings))), ...(store && atStore(store)) },
    'command',
  );
}

/** Another escrow than that of the settings, with the audits and the receipts that lie beside it. */
function atStore(place: string): Record<string, string | undefined> {
  const isUrl = /^(https?|file):/i.test(place);
  return {
    ESCROW_CONTAINER_URL: isUrl ? place : pathToFileURL(resolve(place)).href,
    ESCROW_AUDIT_CONTAINER_URL: undefined,
    ESCROW_DRILL_CONTAINER_URL: undefined,
  };
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
