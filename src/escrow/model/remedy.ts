import type { FailureKind } from './failure-kind.ts';
import type { ServiceError } from './service-error.ts';

/** What a call needed, for the answers whose remedy depends on it. */
export interface Need {
  /** What to grant where a permission is missing, as a whole sentence. */
  readonly grant: string;
  /** The permission in a vault's access policies. */
  readonly accessPolicy?: string;
  /** It was a key backup, which takes longer the more versions the key has. */
  readonly isBackup?: boolean;
}

interface Answer extends Need {
  readonly host: string;
  readonly service: ServiceError['service'];
}

interface Explanation {
  /** What the answer means, where the service's own words do not say it plainly. */
  readonly meaning?: string;
  /** Whole sentences. "The caller" is the app, or the person at the command line: whoever asked. */
  remedy(answer: Answer): string;
}

const tryAgain = 'Another attempt may succeed; if it keeps failing, give the request id to Azure support.';
const strayRecord = 'The app writes no such blob: find out who did (storage logs), and take another record.';

/** Every kind of answer, and what to do about it: a remedy is right for its answer, or it sends people the wrong way. */
const explanations: Readonly<Record<FailureKind, Explanation>> = {
  denied: { meaning: 'access denied', remedy: ({ grant }) => grant },
  deniedByAccessPolicy: {
    meaning: 'access denied',
    remedy: ({ accessPolicy, grant }) =>
      accessPolicy === undefined ? grant : `Grant the key permission "${accessPolicy}" in the vault's access policies.`,
  },
  accessRefused: {
    meaning: 'access refused',
    remedy: ({ host }) =>
      `The service's message says what refuses it: a missing permission, a network security perimeter, a deny assignment. Ask whoever administers ${host}.`,
  },
  blockedByFirewall: {
    meaning: 'the firewall refused this address',
    remedy: ({ host }) =>
      `Let the caller's subnet or address through the firewall of ${host}, or connect a private endpoint.`,
  },
  privateConnectionOnly: {
    meaning: 'only private connections are accepted',
    remedy: ({ host }) => `Connect the caller to ${host} through an approved private endpoint.`,
  },
  tokenRefused: {
    meaning: 'the token was refused',
    remedy: ({ host }) =>
      `Check that the identity belongs to the tenant of ${host}, and that the clock of this machine is right.`,
  },
  otherTenant: {
    meaning: 'the token is of another tenant',
    remedy: ({ host }) =>
      `${host} is in another tenant than the identity: use an identity of its tenant (az login --tenant), or correct the setting that names it.`,
  },
  notSignedIn: {
    remedy: () =>
      'A person has to sign in: az login. An app needs its managed identity (AZURE_CLIENT_ID), a service principal its secret or certificate.',
  },
  identityUnavailable: {
    meaning: 'the managed identity endpoint did not answer',
    remedy: () => 'Another attempt may succeed; if it keeps failing, restart the app and look at the health of Azure.',
  },
  identityRefused: {
    meaning: 'the managed identity endpoint refused',
    remedy: () => 'Check that AZURE_CLIENT_ID names an identity, and that it is assigned to this app.',
  },
  signInUnavailable: {
    meaning: 'the sign-in service did not answer',
    remedy: () => 'Another attempt may succeed; check that the authority can be reached (AZURE_AUTHORITY_HOST).',
  },
  wrongCloud: {
    meaning: 'it asks for a token of another domain',
    remedy: ({ host }) =>
      `The DNS suffix or the cloud does not fit ${host}: correct AZURE_CLOUD, ESCROW_VAULT_DNS_SUFFIX or ESCROW_HSM_DNS_SUFFIX.`,
  },
  untrustedCertificate: {
    meaning: 'the certificate is not trusted',
    remedy: ({ host }) =>
      `Something between the caller and ${host} inspects TLS, as a corporate proxy does: name the file of its root certificate in NODE_EXTRA_CA_CERTS.`,
  },
  unreachable: {
    remedy: ({ host }) => `Check that ${host} exists, resolves and can be reached from the caller's network.`,
  },
  blockedByProxy: {
    meaning: 'the proxy did not let the call through',
    remedy: ({ host }) =>
      `Have the proxy of HTTPS_PROXY let ${host} through, if that host exists; or name it in NO_PROXY where it can be reached without.`,
  },
  noAnswer: {
    remedy: ({ host, isBackup }) =>
      isBackup
        ? `A key with more than 500 versions cannot be backed up in time: replace it by a new key. Otherwise another attempt may succeed; check the network between the caller and ${host}.`
        : `Another attempt may succeed; check the network between the caller and ${host}.`,
  },
  misrouted: {
    remedy: ({ host }) =>
      `Something answers in place of ${host} or sends its callers elsewhere; the token went to no other host. Check what stands between (proxies, gateways, DNS).`,
  },
  invalidAnswer: {
    remedy: ({ host }) =>
      `Another attempt may succeed; if it keeps happening, check what stands between the caller and ${host}.`,
  },
  throttled: {
    meaning: 'throttled',
    remedy: ({ host }) =>
      `Another attempt may succeed; others load ${host} too: lower maxBackupsPerSecond, or run at another hour.`,
  },
  unavailable: { remedy: () => tryAgain },
  gatewayUnavailable: {
    remedy: ({ host }) =>
      `Another attempt may succeed; if it keeps failing, check what stands between the caller and ${host} (proxies, gateways).`,
  },
  conflict: {
    remedy: ({ service }) =>
      isStorage(service)
        ? 'Something else holds or changes it, as a lease or a copy does: look at it, then run the same again.'
        : 'Another operation on this key went on for minutes: wait until it has ended, then run the same again.',
  },
  absent: {
    remedy: ({ service }) =>
      isStorage(service)
        ? 'It was removed, or never there: list the records to see what there is.'
        : 'If it was deleted by mistake, recover it while it is soft-deleted; then run again.',
  },
  storeAbsent: {
    remedy: ({ service }) => {
      if (service === 'Folder') return 'Check the path, and that its disk is there.';
      return service === 'Queue Storage'
        ? 'The queue of ESCROW_QUEUE_NAME does not exist: deploy infra, or correct the setting.'
        : 'The container of ESCROW_CONTAINER_URL does not exist: deploy infra, or correct the setting.';
    },
  },
  writeOnce: {
    meaning: 'write-once',
    remedy: () =>
      'Nothing that exists is overwritten or deleted, as is meant: choose another name, and leave the old one be.',
  },
  tooLarge: { remedy: () => strayRecord },
  notReadable: {
    meaning: 'archived',
    remedy: () =>
      'Bring it back from the archive first (az storage blob set-tier --tier Hot; it takes up to 15 hours), or take another record.',
  },
  customerKeyRequired: { meaning: 'encrypted with a key that only its writer has', remedy: () => strayRecord },
  encryptionKeyLost: {
    meaning: "the storage account's own encryption key is gone",
    remedy: ({ host }) =>
      `Recover the key that encrypts ${host} in its Key Vault, and let the account use it again: until then nothing in the account can be read or written.`,
  },
  certificateBacked: {
    remedy: () => 'Back up the certificate instead (az keyvault certificate backup, Backup-AzKeyVaultCertificate).',
  },
  purgeProtected: {
    meaning: 'purge protection',
    remedy: () => 'This source does not let a deleted key be purged: it goes at the end of its retention.',
  },
  backupUndecryptable: {
    remedy: () =>
      'Restore it where it can be opened: a vault of the same subscription and geography, an HSM of the same security domain.',
  },
  backupMalformed: { remedy: () => 'Check the digest of the record, and restore another one of the key.' },
  premiumRequired: {
    meaning: 'the key is HSM-protected, and this is a standard vault',
    remedy: () =>
      'Restore it to a premium vault (az keyvault create --sku premium) of the same subscription and geography.',
  },
  storeFull: {
    meaning: 'the disk is full',
    remedy: () => 'Make room on the disk, or name a folder on another one; then run the same again.',
  },
  readOnly: { meaning: 'it can only be read', remedy: () => 'Name a folder on a disk that can be written to.' },
  inUse: {
    meaning: 'another process writes to it',
    remedy: () => 'Wait until the other process has ended, then run the same again.',
  },
  nameRefused: { remedy: () => 'Choose another name.' },
  symbolicLink: { remedy: () => 'Name the real folder or file; a link could lead anywhere.' },
  refused: {
    remedy: () =>
      'The same request is refused again: correct what the answer names, or give the request id to Azure support.',
  },
};

/** What to do about an answer; whole sentences. */
export function remedyOf(error: ServiceError, need: Need): string {
  const { kind, host = error.service, service } = error;
  return explanations[kind].remedy({ ...need, host, service });
}

/** One clause: what the answer means, and the service's own words with code, status and request id. */
export function reasonOf(error: ServiceError): string {
  const code = error.innerCode ?? error.code;
  const status = error.statusCode === undefined ? '' : `${error.statusCode} `;
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`;
  const words = error.message.replace(/\s+/g, ' ').replace(/\.+$/, '').trim();
  const { meaning } = explanations[error.kind];
  return meaning === undefined
    ? `${words} (${status}${code}${request})`
    : `${meaning} (${status}${code}${request}): ${words}`;
}

function isStorage(service: ServiceError['service']): boolean {
  return service === 'Blob Storage' || service === 'Queue Storage' || service === 'Folder';
}
