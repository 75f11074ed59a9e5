/**
 * What an answer of a service, or no answer, means to us: the words that the domain decides by. Only an adapter knows the
 * statuses and codes that stand for them.
 */
export type FailureKind =
  // The caller may not.
  /** A role or data action is missing. */
  | 'denied'
  /** A vault's access policy lacks the permission. */
  | 'deniedByAccessPolicy'
  /** Refused for another reason than a missing permission: a perimeter, a rule that we do not know. */
  | 'accessRefused'
  /** The firewall does not let this address through. */
  | 'blockedByFirewall'
  /** Public network access is off. */
  | 'privateConnectionOnly'
  /** The token was not accepted. */
  | 'tokenRefused'
  /** The token is of another tenant than the service. */
  | 'otherTenant'
  // No token, or no way.
  /** Nobody is signed in, and there is no managed identity. */
  | 'notSignedIn'
  /** The managed identity endpoint did not answer, or failed for a moment. */
  | 'identityUnavailable'
  /** It knows no such identity, or does not know this caller. */
  | 'identityRefused'
  /** The authority that a person or a service principal signs in to did not answer, or failed for a moment. */
  | 'signInUnavailable'
  /** The service asks for a token of another domain than its own: a wrong DNS suffix or cloud. */
  | 'wrongCloud'
  /** Its certificate is not trusted: something inspects TLS. */
  | 'untrustedCertificate'
  /** The host has no address, or nothing listens there. */
  | 'unreachable'
  /** The proxy of this machine opened no way to the host. */
  | 'blockedByProxy'
  /** The connection broke, or no answer came in time. */
  | 'noAnswer'
  /** The answer leads elsewhere: another host, a redirect, a listing in a circle. */
  | 'misrouted'
  /** The answer is not what the service answers. */
  | 'invalidAnswer'
  // The service cannot now.
  | 'throttled'
  | 'unavailable'
  /** A proxy or gateway on the way to the service failed; the service itself said nothing. */
  | 'gatewayUnavailable'
  /** Another operation on the same thing goes on, or the name is taken. */
  | 'conflict'
  // The object of the call.
  | 'absent'
  /** The container, the folder or the queue itself is not there. */
  | 'storeAbsent'
  /** It is there already, and nothing is overwritten. */
  | 'writeOnce'
  /** More bytes than its kind may have; it was left unread. */
  | 'tooLarge'
  /** It is in the archive tier, or still on its way back from there. */
  | 'notReadable'
  /** It is encrypted with a key that only whoever wrote it has. */
  | 'customerKeyRequired'
  /** The storage account's own encryption key is gone. */
  | 'encryptionKeyLost'
  | 'certificateBacked'
  | 'purgeProtected'
  /** The service cannot open a backup: other subscription, geography or security domain, or spoiled bytes. */
  | 'backupUndecryptable'
  | 'backupMalformed'
  /** An HSM-protected key, and a vault that has none. */
  | 'premiumRequired'
  // A folder as a store.
  /** The disk has no room. */
  | 'storeFull'
  /** The disk or the folder can only be read. */
  | 'readOnly'
  /** Another process writes to the folder. */
  | 'inUse'
  /** A file cannot have that name, there or on another system. */
  | 'nameRefused'
  /** A symbolic link stands where a file or a folder was expected. */
  | 'symbolicLink'
  /** Any other refusal: asking again changes nothing. */
  | 'refused';

/** The identity lacks a permission; the service itself works. */
export function isDenied(kind: FailureKind): boolean {
  return kind === 'denied' || kind === 'deniedByAccessPolicy';
}
