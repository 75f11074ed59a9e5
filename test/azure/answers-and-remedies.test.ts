import { beforeEach, describe, expect, test } from 'vitest';
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

const prod = { kind: 'vault', name: 'contoso-prod' } as const;
const actions = ['read', 'delete', 'backup/action', 'restore/action', 'recover/action', 'purge/action'].map(
  (action) => `Microsoft.KeyVault/vaults/keys/${action}`,
);

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod' }] });
const vault = azure.vault('contoso-prod');
for (let index = 0; index < 30; index++) vault.addKey({ name: `key-${index}` });
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
  test('a purge with 403 ForbiddenByPolicy wants the purge permission', async () => {
    azure.keyVault.faults.add({ operation: 'purgeKey', effect: { kind: 'forbidden', reason: 'ForbiddenByPolicy' } });
    expect(await said(() => operator.purgeKey('key-1', noLimit), 'purge', 'key-1')).toMatch(
      /^Cannot purge key "key-1" in vault "contoso-prod": access denied \(403 ForbiddenByPolicy, request [^)]*\): .*does not have keys purge permission.*Grant the key permission "purge" in the vault's access policies\.$/,
    );
  });

  test('a listing with 403 ForbiddenByPolicy wants the list permission', async () => {
    azure.keyVault.faults.add({ operation: 'listKeys', effect: { kind: 'forbidden', reason: 'ForbiddenByPolicy' } });
    expect(await said(() => listKeys(), 'list')).toMatch(
      /Grant the key permission "list" in the vault's access policies\.$/,
    );
  });

  test('with a 403 that we do not know refuses access in its own words', async () => {
    const message = 'Access is denied: outside of the network security perimeter.';
    azure.keyVault.faults.add({
      operation: 'backupKey',
      effect: { kind: 'status', status: 403, code: 'Forbidden', innerCode: 'ForbiddenByNsp', message },
    });
    expect(await said(() => operator.keys.backUpKey('key-1', noLimit), 'backUp', 'key-1')).toMatch(
      /: access refused \(403 ForbiddenByNsp, request [^)]*\): Access is denied: outside of the network security perimeter\. The service's message says what refuses it: .* Ask whoever administers contoso-prod\.vault\.azure\.net\.$/,
    );
  });

  test('a restore of an HSM-protected key to a standard vault wants a premium one', async () => {
    const message = 'Hardware key operation not allowed on standard vault.';
    azure.keyVault.faults.add({
      operation: 'restoreKey',
      effect: { kind: 'status', status: 400, code: 'BadParameter', message },
    });
    expect(await said(() => operator.restoreKey(Buffer.from('x'), noLimit), 'restore', 'key-1')).toMatch(
      /the key is HSM-protected, and this is a standard vault .*Restore it to a premium vault \(az keyvault create --sku premium\)/,
    );
  });

  test('with a nextLink in a circle makes one look at what stands between', async () => {
    azure.keyVault.faults.add({ operation: 'listKeys', effect: { kind: 'loopNextLink' } });
    expect(await said(() => listKeys(), 'list')).toMatch(
      /goes round in a circle.*Something answers in place of contoso-prod\.vault\.azure\.net .*Check what stands between/,
    );
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
  const refusing = (status: number, code: string, detail?: string): void => {
    azure.storage.faults.add({ effect: { kind: 'status', status, code, ...(detail && { detail }) } });
  };

  test('with 401 because of the issuer is in another tenant', async () => {
    refusing(401, 'InvalidAuthenticationInfo', 'Issuer validation failed. Issuer did not match.');
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(
      /: the token is of another tenant \(401 InvalidAuthenticationInfo, request [^)]*\): .*Issuer did not match\. \S+\.blob\.core\.windows\.net is in another tenant than the identity/,
    );
  });

  test('with 401 for another reason has refused the token', async () => {
    refusing(401, 'InvalidAuthenticationInfo', 'Lifetime validation failed. The token is expired.');
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(
      /: the token was refused .*The token is expired\. Check that the identity belongs to the tenant/,
    );
  });

  test('with 403 because its own encryption key is gone has to get it back', async () => {
    refusing(403, 'KeyVaultEncryptionKeyNotFound');
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(
      /the storage account's own encryption key is gone .*Recover the key that encrypts \S+\.blob\.core\.windows\.net in its Key Vault/,
    );
  });

  test('with 409 under a legal hold is write-once', async () => {
    azure.storage.faults.add({
      operation: 'putBlob',
      effect: { kind: 'status', status: 409, code: 'BlobImmutableDueToLegalHold' },
    });
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(
      /: write-once \(409 BlobImmutableDueToLegalHold, request [^)]*\): .*due to one or more legal holds\. Nothing that exists is overwritten/,
    );
  });

  test('with the 403 of its firewall says so, though the look at what is there is refused without a word', async () => {
    refusing(403, 'AuthorizationFailure');
    expect(await said(putRecord, 'backUp', 'key-1')).toMatch(
      /: the firewall refused this address \(403 AuthorizationFailure, request [^)]*\): This request is not authorized to perform this operation\. Let the caller's subnet or address through the firewall of \S+\.blob\.core\.windows\.net/,
    );
    expect(await said(() => store.find('x', noLimit), 'readRecord', 'key-1')).toMatch(
      /\): the service answered 403 without an explanation\. /,
    );
  });
});
