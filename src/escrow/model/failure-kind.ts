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
  /** Which, where it was storage that answered. */
  readonly storage: 'blobs' | 'queue' | 'folder' | 'account' | undefined;
}

const strayRecord = 'The app writes no such blob: find out who did (storage logs), and take another record.';

/**
 * What to do about an answer of a service, or about no answer, by what it means to us: the words that the domain decides by. Only
 * an adapter knows the statuses and codes that stand for them. A remedy is right for its answer, or it sends people the wrong way.
 * Whole sentences. "The caller" is the app, or the person at the command line: whoever asked; `{host}` is who answered.
 */
export const remedies = {
  // The caller may not.
  /** A role or data action is missing. */
  denied: ({ grant }) => grant,
  deniedByAccessPolicy: ({ accessPolicy, grant }) =>
    accessPolicy === undefined ? grant : `Grant the key permission "${accessPolicy}" in the vault's access policies.`,
  /** Refused for another reason than a missing permission: a perimeter, a rule that we do not know. */
  accessRefused:
    "The service's message says what refuses it: a missing permission, a network security perimeter, a deny assignment. Ask whoever administers {host}.",
  blockedByFirewall:
    "Let the caller's subnet or address through the firewall of {host}, or connect a private endpoint.",
  privateConnectionOnly: 'Connect the caller to {host} through an approved private endpoint.',
  tokenRefused: 'Check that the identity belongs to the tenant of {host}, and that the clock of this machine is right.',
  otherTenant:
    '{host} is in another tenant than the identity: use an identity of its tenant (az login --tenant), or correct the setting that names it.',

  // No token, or no way.
  /** Nobody is signed in, and there is no managed identity. */
  notSignedIn:
    'A person has to sign in: az login. An app needs its managed identity (AZURE_CLIENT_ID), a service principal its secret or certificate.',
  /** Or it failed for a moment. */
  identityUnavailable:
    'Another attempt may succeed; if it keeps failing, restart the app and look at the health of Azure.',
  /** The endpoint knows no such identity, or does not know this caller. */
  identityRefused: 'Check that AZURE_CLIENT_ID names an identity, and that it is assigned to this app.',
  /** The authority that a person or a service principal signs in to did not answer, or failed for a moment. */
  signInUnavailable: 'Another attempt may succeed; check that the authority can be reached (AZURE_AUTHORITY_HOST).',
  /** The service asks for a token of another domain than its own: a wrong DNS suffix or cloud. */
  wrongCloud:
    'The DNS suffix or the cloud does not fit {host}: correct AZURE_CLOUD, ESCROW_VAULT_DNS_SUFFIX or ESCROW_HSM_DNS_SUFFIX.',
  untrustedCertificate:
    'Something between the caller and {host} inspects TLS, as a corporate proxy does: name the file of its root certificate in NODE_EXTRA_CA_CERTS.',
  /** The host has no address, or nothing listens there. */
  unreachable: "Check that {host} exists, resolves and can be reached from the caller's network.",
  blockedByProxy:
    'Have the proxy of HTTPS_PROXY let {host} through, if that host exists; or name it in NO_PROXY where it can be reached without.',
  /** The connection broke, or no answer came in time. */
  noAnswer: ({ isBackup }) =>
    isBackup
      ? 'A key with more than 500 versions cannot be backed up in time: replace it by a new key. Otherwise another attempt may succeed; check the network between the caller and {host}.'
      : 'Another attempt may succeed; check the network between the caller and {host}.',
  /** The answer leads elsewhere: another host, a redirect, a listing in a circle. */
  misrouted:
    'Something answers in place of {host} or sends its callers elsewhere; the token went to no other host. Check what stands between (proxies, gateways, DNS).',
  invalidAnswer: 'Another attempt may succeed; if it keeps happening, check what stands between the caller and {host}.',

  // The service cannot now.
  throttled: 'Another attempt may succeed; others load {host} too: lower maxBackupsPerSecond, or run at another hour.',
  unavailable: 'Another attempt may succeed; if it keeps failing, give the request id to Azure support.',
  /** A proxy or gateway on the way to the service failed; the service itself said nothing. */
  gatewayUnavailable:
    'Another attempt may succeed; if it keeps failing, check what stands between the caller and {host} (proxies, gateways).',
  /** Another operation on the same thing goes on, or the name is taken. */
  conflict: ({ storage }) =>
    storage !== undefined
      ? 'Something else holds or changes it, as a lease or a copy does: look at it, then run the same again.'
      : 'Another operation on this key went on for minutes: wait until it has ended, then run the same again.',

  // The object of the call.
  absent: ({ storage }) =>
    storage !== undefined
      ? 'It was removed, or never there: list the records to see what there is.'
      : 'If it was deleted by mistake, recover it while it is soft-deleted; then run again.',
  /** The container, the folder, the queue or the storage account itself is not there. */
  storeAbsent: ({ storage }) => {
    if (storage === 'folder') return 'Check the path, and that its disk is there.';
    if (storage === 'account')
      return 'The storage account of ESCROW_ACCOUNT_ID, or a container in it, does not exist: correct the setting, or deploy infra.';
    const which = storage === 'queue' ? 'queue of ESCROW_QUEUE_NAME' : 'container of ESCROW_CONTAINER_URL';
    return `The ${which} does not exist: deploy infra, or correct the setting.`;
  },
  writeOnce:
    'Nothing that exists is overwritten or deleted, as is meant: choose another name, and leave the old one be.',
  /** More bytes than its kind may have; it was left unread. */
  tooLarge: strayRecord,
  /** It is in the archive tier, or still on its way back from there. */
  notReadable:
    'Bring it back from the archive first (az storage blob set-tier --tier Hot; it takes up to 15 hours), or take another record.',
  customerKeyRequired: strayRecord,
  encryptionKeyLost:
    'Recover the key that encrypts {host} in its Key Vault, and let the account use it again: until then nothing in the account can be read or written.',
  certificateBacked: 'Back up the certificate instead (az keyvault certificate backup, Backup-AzKeyVaultCertificate).',
  purgeProtected: 'This source does not let a deleted key be purged: it goes at the end of its retention.',
  /** The service cannot open a backup: other subscription, geography or security domain, or spoiled bytes. */
  backupUndecryptable:
    'Restore it where it can be opened: a vault of the same subscription and geography, an HSM of the same security domain.',
  backupMalformed: 'Check the digest of the record, and restore another one of the key.',
  premiumRequired:
    'Restore it to a premium vault (az keyvault create --sku premium) of the same subscription and geography.',

  // A folder as a store.
  storeFull: 'Make room on the disk, or name a folder on another one; then run the same again.',
  readOnly: 'Name a folder on a disk that can be written to.',
  inUse: 'Wait until the other process has ended, then run the same again.',
  /** A file cannot have that name, there or on another system. */
  nameRefused: 'Choose another name.',
  /** A symbolic link stands where a file or a folder was expected. */
  symbolicLink: 'Name the real folder or file; a link could lead anywhere.',
  /** Any other refusal: asking again changes nothing. */
  refused: 'The same request is refused again: correct what the answer names, or give the request id to Azure support.',
} as const satisfies Readonly<Record<string, string | ((answer: Answer) => string)>>;

export type FailureKind = keyof typeof remedies;

/** What an answer means, where the service's own words do not say it plainly. */
export const meanings: Readonly<Partial<Record<FailureKind, string>>> = {
  denied: 'access denied',
  deniedByAccessPolicy: 'access denied',
  accessRefused: 'access refused',
  blockedByFirewall: 'the firewall refused this address',
  privateConnectionOnly: 'only private connections are accepted',
  tokenRefused: 'the token was refused',
  otherTenant: 'the token is of another tenant',
  identityUnavailable: 'the managed identity endpoint did not answer',
  identityRefused: 'the managed identity endpoint refused',
  signInUnavailable: 'the sign-in service did not answer',
  wrongCloud: 'it asks for a token of another domain',
  untrustedCertificate: 'the certificate is not trusted',
  blockedByProxy: 'the proxy did not let the call through',
  throttled: 'throttled',
  writeOnce: 'write-once',
  notReadable: 'archived',
  customerKeyRequired: 'encrypted with a key that only its writer has',
  encryptionKeyLost: "the storage account's own encryption key is gone",
  purgeProtected: 'purge protection',
  premiumRequired: 'the key is HSM-protected, and this is a standard vault',
  storeFull: 'the disk is full',
  readOnly: 'it can only be read',
  inUse: 'another process writes to it',
};

/** The identity lacks a permission; the service itself works. */
export function isDenied(kind: FailureKind): boolean {
  return kind === 'denied' || kind === 'deniedByAccessPolicy';
}
