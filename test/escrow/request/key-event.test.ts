import { describe, expect, test } from 'vitest';
import { readKeyEvent } from '../../../src/escrow/request/key-event.ts';

const keyId = 'https://contoso-prod.vault.azure.net/keys/signing/0123456789abcdef0123456789abcdef';
const data = {
  Id: keyId,
  VaultName: 'contoso-prod',
  ObjectType: 'Key',
  ObjectName: 'signing',
  Version: '0123456789abcdef0123456789abcdef',
  NBF: '1559081980',
  EXP: '1559082102',
};
const eventGrid = {
  id: '00eccf70-95a7-4e7c-8299-2eb17ee9ad64',
  topic: '/subscriptions/x/resourceGroups/y/providers/Microsoft.KeyVault/vaults/contoso-prod',
  subject: 'signing',
  eventType: 'Microsoft.KeyVault.KeyNewVersionCreated',
  eventTime: '2026-11-24T10:00:00.1234567Z',
  data,
  dataVersion: '1',
  metadataVersion: '1',
};
const cloudEvent = {
  id: '00eccf70-95a7-4e7c-8299-2eb17ee9ad64',
  source: eventGrid.topic,
  subject: 'signing',
  type: 'Microsoft.KeyVault.KeyNewVersionCreated',
  time: '2026-11-24T10:00:00.1234567Z',
  specversion: '1.0',
  data,
};
const asked = { keyId, id: '00eccf70-95a7-4e7c-8299-2eb17ee9ad64', time: new Date('2026-11-24T10:00:00.123Z') };

describe('a new key version', () => {
  test('is read in the Event Grid schema and in CloudEvents 1.0, to the same request', () => {
    expect(readKeyEvent(eventGrid)).toEqual(asked);
    expect(readKeyEvent(cloudEvent)).toEqual(asked);
  });

  test("is read with the stray spaces and the casing of Microsoft's samples, and inside an array of one", () => {
    const { id, eventType, eventTime } = eventGrid;
    const loose = { ' id': id, 'eventType ': eventType, ' eventTime ': eventTime, Data: { ' id ': ` ${keyId} ` } };
    expect(readKeyEvent(loose)).toEqual(asked);
    expect(readKeyEvent([eventGrid])).toEqual(asked);
  });
});

describe('what asks for no backup', () => {
  test.each(['Microsoft.KeyVault.KeyNearExpiry', 'Microsoft.KeyVault.SecretNewVersionCreated'])(
    'the event %s is acknowledged by name',
    (type) => {
      expect(readKeyEvent({ ...eventGrid, eventType: type })).toEqual({ reason: expect.stringContaining(type) });
      expect(readKeyEvent({ ...cloudEvent, type })).toEqual({ reason: expect.stringContaining(type) });
    },
  );

  test.each([
    ['a request', { vaultName: 'contoso-prod' }],
    ['"type" without "specversion"', { type: 'Microsoft.KeyVault.KeyNewVersionCreated' }],
    ['two events at once', [eventGrid, eventGrid]],
    ['an array of nothing', []],
    ['nested arrays', [[eventGrid]]],
    ['null', null],
    ['text', 'Microsoft.KeyVault.KeyNewVersionCreated'],
    ['a number', 123],
    ['an event type that is no text', { ...eventGrid, eventType: 7 }],
  ])('%s is no event', (_, body) => {
    expect(readKeyEvent(body)).toBeUndefined();
  });
});

describe('the right event that cannot be used says what it lacks', () => {
  test.each([
    [{ eventType: 'Microsoft.Storage.BlobCreated' }, /is not a Key Vault event/],
    [{ eventType: '' }, /is not a Key Vault event/],
    [{ id: undefined }, /"id"/],
    [{ id: '' }, /"id"/],
    [{ id: 5 }, /"id"/],
    [{ eventTime: undefined }, /time/],
    [{ eventTime: 'yesterday' }, /time/],
    [{ eventTime: '1969-12-31T00:00:00Z' }, /time/],
    [{ eventTime: '+012345-01-01T00:00:00Z' }, /time/],
    [{ eventTime: 1764000000000 }, /time/],
    [{ eventTime: null }, /time/],
    [{ eventTime: { toString: 1 } }, /time/],
    [{ data: undefined }, /data\.Id/],
    [{ data: null }, /data\.Id/],
    [{ data: keyId }, /data\.Id/],
    [{ data: { Id: 7 } }, /data\.Id/],
  ])('%j', (change, fault) => {
    expect(readKeyEvent({ ...eventGrid, ...change })).toEqual({ fault: expect.stringMatching(fault) });
  });
});
