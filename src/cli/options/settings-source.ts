import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { placeOfJsonFault } from '../../app/json-fault.ts';
import { isSet, readSettings, type Settings } from '../../app/settings.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import { sourceUrl } from '../../escrow/model/key-id.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/print.ts';

/** A settings file; and a folder, or the URL of a container. */
type SettingsPlace = { settings?: string; store?: string };

/** What a deployment leaves for the command line: `npm run infra:settings`. */
const foundFile = 'escrow.settings.json';

/**
 * The app's settings: from the environment, or from the Values of a settings file over it. The file's identity settings are the
 * app's and are left alone: a person comes with their own identity.
 *
 * Without a file named, one that a deployment left in this folder is used, with a message. Nobody named it, so it is not
 * trusted as far: the environment wins, nothing that redirects a token is read from it, and the hosts are named.
 */
export async function loadSettings(io: Io, { settings: file, store }: SettingsPlace): Promise<Settings> {
  const found = file === undefined ? await findValues(io) : undefined;
  const values = { ...found, ...io.env, ...(file && (await readValues(file))), ...(store && atStore(store)) };
  const settings = readSettings(values, 'command');
  if (found !== undefined && Object.keys(found).some((name) => io.env[name] === undefined)) {
    say(io, `Settings: ${foundFile} in this folder. Hosts: ${hostsOf(settings).join(', ')}.`);
  }
  return settings;
}

async function findValues({ folder }: Io): Promise<Record<string, string> | undefined> {
  const path = join(folder, foundFile);
  if (!existsSync(path)) return undefined;
  const values = await readValues(path);
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => name.startsWith('ESCROW_') || name === 'AZURE_CLOUD'),
  );
}

/** Every host that may be sent a token. */
function hostsOf(settings: Settings): string[] {
  const { sources, suffixes, authorityHost, resourceManagerUrl } = settings;
  const places = ['containerUrl', 'auditContainerUrl', 'drillContainerUrl', 'queueServiceUrl'] as const;
  const urls = [
    ...places.flatMap((name) => (isSet(settings, name) ? settings[name] : [])),
    ...sources.map((source) => sourceUrl(source, suffixes)),
    authorityHost,
    resourceManagerUrl,
  ];
  return [...new Set(urls.filter((url) => url.startsWith('https:')).map((url) => new URL(url).hostname))];
}

/** Another escrow than that of the settings, with the audits and the receipts that lie beside it. */
function atStore(place: string): Record<string, string | undefined> {
  const isUrl = /^(https?|file):/i.test(place);
  return {
    ESCROW_CONTAINER_URL: isUrl ? place : pathToFileURL(resolve(place)).href,
    ESCROW_AUDIT_CONTAINER_URL: undefined,
    ESCROW_DRILL_CONTAINER_URL: undefined,
    ESCROW_ACCOUNT_ID: undefined,
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
    throw new UsageFault(`the settings file ${file} is not valid JSON: look at ${placeOfJsonFault(text)}`, form);
  }
}
