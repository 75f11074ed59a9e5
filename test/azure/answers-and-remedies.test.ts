import { beforeEach, describe, expect, test } from 'vitest';
import type { FaultEffect } from '../../local-azure/key-vault/faults.ts';
import { createCertificates } from '../../local-azure/network/certificates.ts';
import { describeFailure, failureSentence } from '../../src/escrow/model/failure.ts';
import type { SourceOperation } from '../../src/escrow/model/source-operation.ts';
import type { KeyOperator } from '../../src/escrow/ports/key-operator.ts';
import { fastClock } from '../support/escrow-app.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { openVault } from '../support/source-client.ts';
import { startTlsHost } from '../support/tls-host.ts';

// What the services answer, through the real SDKs, and the sentence that a person reads of it.

const prod = {
  kind: 'vault',
  name: 'contoso-prod',
  keys: Array.from({ length: 30 }, (_, index) => `key-${index}`),
} as const;
const actions = ['read', 'delete', 'backup/action', 'restore/action', 'recover/action', 'purge/action'].map(
  (action) => `Microsoft.KeyVault/vaults/keys/${action}`,
);

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod' }] });
const { createBlobContainerStore } = await import('../../src/store/blob-container.ts');
const everybody = azure.credential(azure.registry.add('everybody', actions));
const open = (name: string) => openVault({ name }, everybody, 1000);
const operator = await open('contoso-prod');
const clock = fastClock(1000);
const store = createBlobContainerStore(azure.containerUrl, azure.credential(azure.identities.app), clock);

beforeEach(() => {
  azure.keyVault.faults.clear();
  azure.storage.faults.clear();
});

/** What a person reads when the call fails. */
async function said(call: () => Promise<unknown>, operation: SourceOperation, keyName?: string): Promise<string> {
  const error = await call().then(
    () => new Error('it went through'),
    (thrown: unknown) => thrown,
  );
  return failureSentence(describeFailure(error, operation, prod, keyName));
}

async function listKeys(keys: KeyOperator = operator): Promise<void> {
  for await (const _ of keys.keys.listKeys(noLimit));
}

const putRecord = (): Promise<unknown> =>
  store.create({ name: 'x', bytes: Buffer.from('x'), contentType: 'text/plain', metadata: {} }, noLimit);

describe('a vault that answers', () => {
  const backUp = () => operator.keys.backUpKey('key-1', noLimit);
  const perimeter = 'Access is denied: outside of the network security perimeter.';
  const hardware = 'Hardware key operation not allowed on standard vault.';
  test.each<[string, SourceOperation, FaultEffect, () => Promise<unknown>, RegExp]>([
    [
      'a purge with 403 ForbiddenByPolicy wants the purge permission',
      'purge',
      { kind: 'forbidden', reason: 'ForbiddenByPolicy' },
      () => operator.purgeKey('key-1', noLimit),
      /^Cannot purge key "key-1" in vault "contoso-prod": access denied \(403 ForbiddenByPolicy, request [^)]*\): .*does not have keys purge permission.*Grant the key permission "purge" in the vault's access policies\.$/,
    ],
    [
      'a listing with 403 ForbiddenByPolicy wants the list permission',
      'list',
      { kind: 'forbidden', reason: 'ForbiddenByPolicy' },
      () => listKeys(),
      /Grant the key permission "list" in the vault's access policies\.$/,
    ],
    [
      'with a 403 that we do not know refuses access in its own words',
      'backUp',
      { kind: 'status', status: 403, code: 'Forbidden', innerCode: 'ForbiddenByNsp', message: perimeter },
      backUp,
      /: access refused \(403 ForbiddenByNsp, request [^)]*\): Access is denied: outside of the network security perimeter\. The service's message says what refuses it: .* Ask whoever administers contoso-prod\.vault\.azure\.net\.$/,
    ],
    [
      'a restore of an HSM-protected key to a standard vault wants a premium one',
      'restore',
      { kind: 'status', status: 400, code: 'BadParameter', message: hardware },
      () => operator.restoreKey(Buffer.from('x'), noLimit),
      /the key is HSM-protected, and this is a standard vault .*Restore it to a premium vault \(az keyvault create --sku premium\)/,
    ],
    [
      'with a nextLink in a circle makes one look at what stands between',
      'list',
      { kind: 'loopNextLink' },
      () => listKeys(),
      /goes round in a circle.*Something answers in place of contoso-prod\.vault\.azure\.net .*Check what stands between/,
    ],
  ])('%s', async (_, operation, effect, call, words) => {
    azure.keyVault.faults.add({ effect });
    expect(await said(call, operation, 'key-1')).toMatch(words);
  });

  test('with the challenge of another domain does not fit the cloud, and no message advises to switch the check off', async () => {
    azure.keyVault.faults.add({
      requests: 'unauthenticated',
      effect: { kind: 'foreignChallenge', resource: 'https://vault.local.azurestack.external' },
    });
    const sentence = await said(async () => listKeys(await open('contoso-prod')), 'list');
    expect(sentence).toMatch(
      /it asks for a token of another domain .*'vault\.local\.azurestack\.external' does not match the requested domain\. The DNS suffix or the cloud does not fit contoso-prod\.vault\.azure\.net: correct AZURE_CLOUD/,
    );
    expect(sentence).not.toMatch(/disableChallenge|check that/i);
  });

  test('with a certificate that nobody trusts is behind something that inspects TLS', async () => {
    const { key, certificate } = await createCertificates({
      vault: 'vault.azure.net',
      managedHsm: 'b.example',
      blob: 'c.example',
      queue: 'd.example',
      resourceManager: 'e.example',
    });
    const certificates = { key, certificate, ca: certificate };
    await using proxy = await startTlsHost(
      azure,
      ['inspected.vault.azure.net'],
      (_, response) => response.end(),
      certificates,
    );
    const sentence = await said(async () => listKeys(await open('inspected')), 'list');
    expect(sentence).toMatch(
      /the certificate is not trusted \((UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)\w+\): .*inspected\.vault\.azure\.net inspects TLS, as a corporate proxy does: .*NODE_EXTRA_CA_CERTS\.$/,
    );
    expect(proxy.asked).toEqual([]);
  });
});

describe('a storage account that answers', () => {
  test.each([
    [
      'with 401 because of the issuer is in another tenant',
      { status: 401, code: 'InvalidAuthenticationInfo', detail: 'Issuer validation failed. Issuer did not match.' },
      /: the token is of another tenant \(401 InvalidAuthenticationInfo, request [^)]*\): .*Issuer did not match\. \S+\.blob\.core\.windows\.net is in another tenant than the identity/,
    ],
    [
      'with 401 for another reason has refused the token',
      { status: 401, code: 'InvalidAuthenticationInfo', detail: 'Lifetime validation failed. The token is expired.' },
      /: the token was refused .*The token is expired\. Check that the identity belongs to the tenant/,
    ],
    [
      'with 403 because its own encryption key is gone has to get it back',
      { status: 403, code: 'KeyVaultEncryptionKeyNotFound' },
      /the storage account's own encryption key is gone .*Recover the key that encrypts \S+\.blob\.core\.windows\.net in its Key Vault/,
    ],
    [
      'with 409 under a legal hold is write-once',
      { status: 409, code: 'BlobImmutableDueToLegalHold' },
      /: write-once \(409 BlobImmutableDueToLegalHold, request [^)]*\): .*due to one or more legal holds\. Nothing that exists is overwritten/,
    ],
  ])('%s', async (_, answer, words) => {
    azure.storage.faults.add({ operation: 'putBlob', effect: { kind: 'status', ...answer } });
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(words);
  });

  test('with the 403 of its firewall says so, though the look at what is there is refused without a word', async () => {
    azure.storage.faults.add({ effect: { kind: 'status', status: 403, code: 'AuthorizationFailure' } });
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(
      /: the firewall refused this address \(403 AuthorizationFailure, request [^)]*\): This request is not authorized to perform this operation\. Let the caller's subnet or address through the firewall of \S+\.blob\.core\.windows\.net/,
    );
    expect(await said(() => store.find('x', noLimit), 'readRecord', 'key-1')).toMatch(
      /\): the service answered 403 without an explanation\. /,
    );
  });
});
