import { describe, expect, test } from 'vitest';
import { type EscrowRequest, parseRequest } from '../../../src/escrow/request/request.ts';
import { RequestRefused } from '../../../src/escrow/request/request-refused.ts';
import { escrowSource, publicSuffixes } from '../../support/escrow-sources.ts';

const prod = escrowSource('vault', 'contoso-prod');
const hsm = escrowSource('managedHsm', 'contoso-hsm');
const context = { sources: [prod, hsm], suffixes: publicSuffixes, now: new Date('2026-11-24T14:00:00Z') };
const parse = (body: unknown): EscrowRequest => parseRequest(body, context);
const vaultName = 'contoso-prod';
const keyId = 'https://contoso-prod.vault.azure.net/keys/signing';
const signing = { source: prod, name: 'signing' };
const event = {
  id: 'event-1',
  eventType: 'Microsoft.KeyVault.KeyNewVersionCreated',
  eventTime: '2026-11-24T10:00:00Z',
  data: { Id: `${keyId}/0123456789abcdef0123456789abcdef` },
};

function refusalOf(body: unknown): string {
  try {
    parse(body);
  } catch (error) {
    expect(error).toBeInstanceOf(RequestRefused);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(body)} was accepted`);
}

describe('a request is read', () => {
  const plain = { force: false, whatIf: false };

  test.each([
    ['one key of a vault', { vaultName, name: 'signing' }, signing],
    [
      'whatever the case of the vault',
      { vaultName: 'CONTOSO-Prod', name: 'Signing' },
      { source: prod, name: 'Signing' },
    ],
    ['one key of a Managed HSM', { hsmName: 'contoso-hsm', name: 'payments' }, { source: hsm, name: 'payments' }],
    ['a key identifier', { id: keyId }, signing],
    [
      'a key identifier with a version, which the backup holds anyway',
      { id: 'https://contoso-hsm.managedhsm.azure.net/keys/payments/0123456789abcdef0123456789abcdef' },
      { source: hsm, name: 'payments' },
    ],
    [
      'with a blobName',
      { vaultName, name: 'signing', blobName: 'before the move/signing.keybackup' },
      { ...signing, blobName: 'before the move/signing.keybackup' },
    ],
    ['a key identifier with a blobName', { id: keyId, blobName: 'signing' }, { ...signing, blobName: 'signing' }],
  ])('as one key: %s', (_, body, expected) => {
    expect(parse(body)).toEqual({ scope: 'key', ...plain, ...expected });
  });

  test.each([
    ['every key of a vault', { vaultName }, { sources: [prod] }],
    ['every key of a Managed HSM', { hsmName: 'contoso-hsm' }, { sources: [hsm] }],
    ['every source', { all: true }, { sources: [prod, hsm] }],
    [
      'with a run time, as the fan-out sends it',
      { vaultName, runTime: '2026-11-24T02:00:00.000Z' },
      { sources: [prod], runTime: new Date('2026-11-24T02:00:00Z') },
    ],
    [
      'with a run time in another offset',
      { all: true, runTime: '2026-11-24T03:00:00+01:00' },
      { sources: [prod, hsm], runTime: new Date('2026-11-24T02:00:00Z') },
    ],
  ])('as whole sources: %s', (_, body, expected) => {
    expect(parse(body)).toEqual({ scope: 'sources', whatIf: false, ...expected });
  });

  test('with force and whatIf as they are said', () => {
    expect(parse({ all: true, whatIf: true })).toMatchObject({ whatIf: true });
    expect(parse({ vaultName: 'contoso-prod', name: 'signing', force: true })).toMatchObject({
      whatIf: false,
      force: true,
    });
  });

  test('from 7 days back to 5 minutes ahead', () => {
    for (const runTime of ['2026-11-17T14:00:00Z', '2026-11-24T14:05:00Z']) {
      expect(parse({ all: true, runTime })).toMatchObject({ runTime: new Date(runTime) });
    }
  });

  test('from an event, alone or in an array of one, with the identity of the event', () => {
    const asked = {
      scope: 'key',
      source: prod,
      name: 'signing',
      ...plain,
      event: { id: 'event-1', time: new Date('2026-11-24T10:00:00Z') },
    };
    expect(parse(event)).toEqual(asked);
    expect(parse([event])).toEqual(asked);
  });

  test.each(['2026-11-24T14:05:00Z', '2026-11-23T14:00:00Z', '2026-10-01T00:00:00Z', '1970-01-01T00:00:00Z'])(
    'from an event of %s: a little ahead, or as old as a replayed dead letter may be',
    (eventTime) => {
      expect(parse({ ...event, eventTime })).toMatchObject({ scope: 'key', event: { time: new Date(eventTime) } });
    },
  );

  test('as nothing to do when it is another Key Vault event', () => {
    const reason = expect.stringContaining('Microsoft.KeyVault.KeyNearExpiry');
    expect(parse({ ...event, eventType: 'Microsoft.KeyVault.KeyNearExpiry' })).toEqual({ scope: 'nothing', reason });
  });
});

describe('a request is refused, with what was wrong and what is allowed', () => {
  const forms = 'Allowed: {"vaultName","name"}, {"hsmName","name"}, {"id"}';

  test.each([
    [123, 'the message is a number'],
    [true, 'the message is a boolean'],
    [null, 'the message is null'],
    [undefined, 'the message is undefined'],
    [[], 'the message is an array'],
    ['text', 'the message is text'],
    ['{', 'the message is text'],
    [[{ vaultName }], 'the message is an array'],
    [{}, 'found none'],
    [{ name: 'signing' }, 'found none'],
    [{ whatIf: true }, 'found none'],
    [{ vaultName, hsmName: 'contoso-hsm' }, 'found "vaultName" and "hsmName"'],
    [{ all: true, id: keyId }, 'found "id" and "all"'],
    [{ all: false }, '"all"'],
    [{ vaultName: 7 }, '"vaultName"'],
    [{ vaultName, name: ['signing'] }, '"name"'],
    [{ vaultName, force: 'true' }, '"force"'],
    [{ vaultName, key: 'signing' }, '"key"'],
    [{ vaultName, constructor: 'x' }, '"constructor"'],
    [{ vaultname: 'contoso-prod' }, '"vaultname"'],
    [{ all: true, name: 'signing' }, '"name" goes with "vaultName" or "hsmName" only'],
    [{ vaultName, blobName: 'x' }, '"blobName" is for one key'],
    [{ all: true, blobName: 'x' }, '"blobName" is for one key'],
    [{ vaultName, name: 'signing', runTime: '2026-11-24T02:00:00Z' }, '"runTime" is for whole sources'],
    [{ all: true, runTime: 'yesterday' }, '"runTime"'],
    [{ all: true, runTime: '2026-11-24' }, '"runTime"'],
    [{ all: true, runTime: 1764000000 }, '"runTime"'],
  ])('%j', (body, reason) => {
    const refusal = refusalOf(body);
    expect(refusal).toContain(reason);
    expect(refusal).toContain(forms);
  });

  test.each(['2099-01-01T00:00:00Z', '2026-11-24T14:05:01Z', '2026-11-17T13:59:59Z', '1970-01-01T00:00:00Z'])(
    'a run time of %s',
    (runTime) => {
      expect(refusalOf({ vaultName, runTime })).toMatch(/out of range.*7 days ago to 5 minutes ahead/);
    },
  );

  test.each([
    'unknown',
    'contoso-hsm',
    '',
    'contoso-prod.vault.azure.net',
    'contoso-prod.evil.example',
    'contoso-prod/../x',
    'evil.example/contoso-prod',
    'user@contoso-prod',
    'contoso-prod@evil.example',
    'contoso-prod#',
    'contoso-prod．evil',
    'contoso-prod\t',
    'https://contoso-prod',
    'cоntoso-prod',
    'contoso-prod\u0000',
    ' contoso-prod',
    '__proto__',
  ])('a vault that is not configured: %j', (vaultName) => {
    for (const body of [{ vaultName }, { vaultName, name: 'signing' }]) {
      expect(refusalOf(body)).toMatch(
        /is not configured\. Configured in ESCROW_SOURCES: vault "contoso-prod", Managed HSM/,
      );
    }
  });

  test.each([
    'https://evil.example/keys/signing',
    'https://contoso-prod.vault.azure.net.evil.example/keys/signing',
    'https://contoso-prod.vault.azure.net@evil.example/keys/signing',
    'https://contoso-prod.vault.azure.cn/keys/signing',
    'http://contoso-prod.vault.azure.net/keys/signing',
    'signing',
  ])('a key identifier of another host: %s', (id) => {
    expect(refusalOf({ id })).toMatch(
      /is not a key identifier of this cloud.*https:\/\/<vault>\.vault\.azure\.net\/keys/,
    );
    expect(refusalOf({ ...event, data: { Id: id } })).toMatch(/is not a key identifier of this cloud/);
  });

  test('a key identifier of a vault that is not configured, in a message and in an event', () => {
    const id = 'https://contoso-web.vault.azure.net/keys/signing';
    expect(refusalOf({ id })).toContain('vault "contoso-web" is not configured');
    expect(refusalOf({ ...event, data: { Id: id } })).toContain('vault "contoso-web" is not configured');
  });

  test.each(['', 'sign_ing', 'sign.ing', 'a/b', '../x', 'schlüssel', 'x'.repeat(128), 'signing\n', '*'])(
    'a key name that cannot be one: %j',
    (name) => {
      expect(refusalOf({ vaultName, name })).toMatch(/is not a valid key name.*letters, digits and dashes/);
    },
  );

  test.each([
    ['../vaults/x', '".."'],
    ['a\u0007b', 'control characters'],
    ['', '1 to 1018'],
  ])('the blobName %j', (blobName, reason) => {
    const refusal = refusalOf({ vaultName, name: 'signing', blobName });
    expect(refusal).toContain(reason);
    expect(refusal).toContain('Choose another.');
  });

  test('a property named __proto__, which JSON can carry', () => {
    expect(refusalOf(JSON.parse('{"vaultName":"contoso-prod","__proto__":{"name":"signing"}}'))).toContain('__proto__');
  });

  test('an event that lacks what it must have', () => {
    expect(refusalOf({ ...event, id: undefined })).toContain('the event has no "id"');
    expect(refusalOf({ ...event, eventTime: 'soon' })).toContain('no readable time');
    expect(refusalOf({ ...event, data: {} })).toContain('names no key');
  });

  test.each(['2026-11-24T14:05:00.001Z', '2026-11-24T15:00:00Z', '9999-12-31T23:59:59Z'])(
    'an event of %s, because its run would be in the future',
    (eventTime) => {
      expect(refusalOf({ ...event, eventTime })).toMatch(
        /the event's time \d{4}-.* is more than 5 minutes ahead of 2026-11-24T14:00:00\.000Z \(event "event-1"\)\. Send the event/,
      );
    },
  );

  test('a message of 60 KB, in a few lines of text', () => {
    const long = 'x'.repeat(60_000);
    const bodies = [
      long,
      { vaultName: long },
      { id: long },
      { vaultName, name: long },
      { vaultName, name: 'signing', blobName: long },
      { vaultName, [long]: 1 },
      { all: true, runTime: long },
      { ...event, eventType: long },
      { ...event, data: { Id: long } },
      { ...event, id: long, eventTime: '2099-01-01T00:00:00Z' },
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`unknown${index}`, index])),
    ];
    for (const body of bodies) expect(refusalOf(body).length).toBeLessThan(1500);
  });
});
