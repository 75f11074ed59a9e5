import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { isAboutKeys, type Replay, replaySession, type SessionRecord } from './recorded-session.ts';
import { differences, type Exchange } from './recorded-shape.ts';
import { type RawAnswer, useKeyVault } from './served-key-vault.ts';

const folder = join(import.meta.dirname, '../../../../shared/recordings');
const sessions = join(folder, 'java-7.0-sessionrecords');
const isThere = existsSync(folder);
if (!isThere) console.log('The recordings are not compared: ../shared/recordings is missing.');
const jsonFilesOf = async (path: string) => (await readdir(path)).filter((name) => name.endsWith('.json'));
const recordsOf = async (file: string): Promise<SessionRecord[]> =>
  JSON.parse(await readFile(join(sessions, file), 'utf8')).networkCallRecords;
const allSessions = isThere
  ? await Promise.all((await jsonFilesOf(sessions)).map(async (file) => ({ file, records: await recordsOf(file) })))
  : [];
const keySessions = allSessions.filter(({ records }) => records.some(isAboutKeys));
const transcriptFiles = isThere ? await jsonFilesOf(folder) : [];

const served = useKeyVault();
let compared = 0;
const leftOut = new Map<string, number>();
afterAll(() => {
  if (isThere) {
    const without = allSessions.length - keySessions.length;
    const calls = JSON.stringify(Object.fromEntries(leftOut));
    console.log(
      `recordings: ${compared} exchanges compared; left out: ${without} sessions that are about certificates alone, calls: ${calls}`,
    );
  }
});

/** Without a token where the recorded request had none, which is where it was answered 401. */
const replay: Replay = async (recorded, url, body) => {
  const answer = await served.send(url, {
    method: recorded.method,
    body,
    headers: recorded.requestHeaders,
    ...(recorded.status === 401 ? { identity: null } : {}),
  });
  const asked = `${recorded.method} ${url}`;
  expect({ asked, differences: differences(recorded, answer) }).toEqual({ asked, differences: [] });
  compared += 1;
  return answer.json;
};

describe.skipIf(!isThere)('the sessions recorded with api-version 7.0', () => {
  test.for(keySessions)('$file', async ({ records }) => {
    expect.hasAssertions();
    const vault = served.service.addSource({ kind: 'vault', name: 'tifchen-keyvault-fancy' });
    served.service.addSource({ kind: 'vault', name: 'tifchen-keyvault-fancier' });
    for (const reason of await replaySession(records, vault, replay))
      leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
  });
});

interface TranscribedEntry {
  readonly RequestUri: string;
  readonly RequestMethod: string;
  readonly RequestHeaders?: Readonly<Record<string, string>>;
  readonly RequestBody?: unknown;
  readonly StatusCode: number;
  readonly ResponseHeaders?: Readonly<Record<string, string>>;
  readonly ResponseBody?: unknown;
}

const dates = { notBefore: new Date(1_591_055_109_000), expiresOn: new Date(1_622_591_709_000) };
const restorable = 'backupRestoreKeyName-canrestoreakeywithagivenbackup-';

/** What was there before each transcript began. */
const setUps: Readonly<Record<string, (vault: LocalSource, hsm: LocalSource) => void>> = {
  'js-7.1-nock-vault-list-keys-managed-and-empty-page.json': (vault) => {
    for (let count = 0; count < 60; count += 1) vault.addKey({ name: `key-${count}`, managed: true, ...dates });
  },
  'js-7.4preview-node-vault-401-404-400.json': (vault) => vault.addKey({ name: restorable, kty: 'RSA' }),
  'js-7.4preview-node-vault-restore-409-conflict.json': (vault) => vault.addKey({ name: restorable, kty: 'RSA' }),
  'python-7.3-mhsm-list-keys-3-pages.json': (_vault, hsm) => {
    for (let count = 0; count < 18; count += 1)
      hsm.addKey({ name: `key-${count}`, ...(count % 2 ? { tags: { a: '1' } } : {}) });
  },
  'python-7.3-mhsm-list-versions-paging.json': (_vault, hsm) =>
    hsm.addKey({ name: 'livekvtesttestKey340d29ea', versions: 7 }),
};

describe.skipIf(!isThere)('the transcribed exchanges of 7.1 to 7.4', () => {
  test.each(transcriptFiles)('%s', async (file) => {
    expect.hasAssertions();
    const vault = served.service.addSource({ kind: 'vault', name: 'keyvault_name' });
    const hsm = served.service.addSource({ kind: 'managedHsm', name: 'azure_managedhsm' });
    const transcript: { Entries: TranscribedEntry[]; _headers_all?: Readonly<Record<string, string>> } = JSON.parse(
      (await readFile(join(folder, file), 'utf8')).replaceAll('<hsm>', hsm.url),
    );
    setUps[file]?.(vault, hsm);
    let nextLink = '';
    let backup = vault.keyNames().includes(restorable) ? await backUp(vault, restorable) : '';
    for (const entry of transcript.Entries) {
      const recorded: Exchange = {
        method: entry.RequestMethod,
        status: entry.StatusCode,
        requestHeaders: clientRequestIdOf(entry),
        headers: entry.ResponseHeaders ?? transcript._headers_all ?? {},
        body: entry.ResponseBody ?? undefined,
        isExcerpt: true,
      };
      const url = /skiptoken/.test(entry.RequestUri) ? `${nextLink}&api-version=7.3` : entry.RequestUri;
      const value = entry.StatusCode === 400 ? 'A'.repeat(11_000) : backup;
      const body = url.includes('/keys/restore') ? { value } : (entry.RequestBody ?? undefined);
      const json = (await replay(recorded, url, body)) as { nextLink?: string; value?: unknown } | undefined;
      nextLink = json?.nextLink ?? '';
      if (typeof json?.value === 'string') backup = json.value;
    }
  });
});

test('the comparison notices a status, a header, a member, a type, a word and a link that differ', async () => {
  const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
  vault.addKey({ name: 'signing' });
  const listed = await served.send(`${vault.url}/keys?maxresults=1&api-version=7.4`);
  const missing = await served.send(`${vault.url}/keys/none?api-version=7.4`);
  const exchange = ({ status, headers, json }: RawAnswer): Exchange => ({
    method: 'GET',
    status,
    requestHeaders: {},
    headers: headers as Record<string, string>,
    body: structuredClone(json),
    isExcerpt: false,
  });
  expect([...differences(exchange(listed), listed), ...differences(exchange(missing), missing)]).toEqual([]);
  const item = listed.json.value[0];
  const { pragma: _pragma, ...fewerHeaders } = exchange(listed).headers;
  const changed: Partial<Exchange>[] = [
    { status: 201 },
    { headers: { ...exchange(listed).headers, 'x-frame-options': 'SAMEORIGIN' } },
    { headers: fewerHeaders },
    { body: { ...listed.json, value: [{ ...item, more: 1 }] } },
    { body: { ...listed.json, value: [{ kid: item.kid }] } },
    { body: { ...listed.json, value: [{ ...item, kid: 1 }] } },
    { body: { value: listed.json.value } },
  ];
  for (const change of changed) expect(differences({ ...exchange(listed), ...change }, listed)).not.toEqual([]);
  const otherWords = { error: { ...missing.json.error, message: 'No such key.' } };
  expect(differences({ ...exchange(missing), body: otherWords }, missing)).not.toEqual([]);
});

async function backUp(source: LocalSource, name: string): Promise<string> {
  return (await served.send(`${source.url}/keys/${name}/backup?api-version=7.4`, { method: 'POST' })).json.value;
}

function clientRequestIdOf(entry: TranscribedEntry): Record<string, string> {
  const id = entry.RequestHeaders?.['x-ms-client-request-id'];
  // Some excerpts show the echoed id of a request whose own headers were cut.
  const echoed = entry.ResponseHeaders?.['x-ms-client-request-id'];
  return id === undefined && echoed === undefined ? {} : { 'x-ms-client-request-id': id ?? echoed ?? '' };
}
