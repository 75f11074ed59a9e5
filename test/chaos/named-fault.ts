import type { IdentityEndpoint } from '../../local-azure/identity/identity-endpoint.ts';
import type { LocalSource } from '../../local-azure/key-vault/local-source.ts';
import type { KeyVaultService } from '../../local-azure/key-vault/service.ts';
import type { StorageGate } from '../../local-azure/storage/storage-gate.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';

type KeyVaultFault = Parameters<KeyVaultService['faults']['add']>[0];

/** Where a fault is tried: a source of its own with keys `key-0` … `key-2`, and a way to disturb just its requests. */
export interface FaultGround {
  readonly azure: EscrowPlace;
  readonly source: LocalSource;
  /** A fault of this source's service. */
  disturb(fault: Omit<KeyVaultFault, 'source'>): void;
  /** A fault of storage, of the requests for this source's blobs; of one key's record when named. */
  disturbStorage(
    fault: Omit<Parameters<StorageGate['faults']['add']>[0], 'blobName'>,
    blob: 'record' | 'report' | 'started' | { readonly recordOf: string },
  ): void;
  /** A fault of the identity endpoint, for an identity of this trial's own: a process keeps the tokens that it has. */
  disturbIdentity(fault: Parameters<IdentityEndpoint['faults']['add']>[0]): void;
  /** Puts something else where the record of a key will go. */
  occupy(keyName: string): Promise<void>;
}

/** What a run must come to for its outcome to be the truth. */
export type ExpectedOutcome =
  | 'escrowed'
  /** Just these keys fail, with that code; the others are escrowed. */
  | { readonly failed: readonly string[]; readonly code: string }
  /** The source as a whole has a problem with that code. */
  | { readonly escrowed: 'all' | 'none'; readonly code: string };

/** One row of the table in docs/security.md, tried by `npm run chaos`. */
export interface NamedFault {
  readonly name: string;
  readonly where: 'Key Vault' | 'Managed HSM' | 'Blob Storage' | 'Queue Storage' | 'identity';
  /** What the product does, as the table says it. */
  readonly does: string;
  readonly expected: ExpectedOutcome;
  /** Reason and remedy: the run's error must say them, and so must `backup`, which a person runs after it unless it takes patience. */
  readonly says?: RegExp;
  readonly arrange: (ground: FaultGround) => void | Promise<void>;
  /** Waits for real time-outs of 30 s, one or five of them: not in the short form. */
  readonly patience?: 'one time-out' | 'five time-outs';
  /** Takes the product the same way as its neighbour in the table, and has tests of its own elsewhere: not in the short form. */
  readonly twin?: true;
  /** Disturbs what all rows share: tried when nothing else is under way. @returns how to undo it. */
  readonly alone?: (azure: EscrowPlace) => () => void;
  /** Without a token at all. */
  readonly clientId?: string;
}

/** What a command is tried on: records of a run over the source, and a vault to restore to. */
export interface CommandGround extends FaultGround {
  readonly target: LocalSource;
  /** Disturbs the vault that is restored to. */
  disturbTarget(fault: Omit<KeyVaultFault, 'source'>): void;
  /** Moves blobs of this source to the archive tier. */
  archive(what: 'records' | 'reports'): Promise<void>;
}

/** A row of the same table for what only a person does: restore, drill, look. */
export interface CommandFault extends Pick<NamedFault, 'name' | 'where' | 'does'> {
  /** Of the keys in the source, and of the vault that is restored to. */
  readonly keyType?: 'EC-HSM';
  readonly targetSku?: 'standard';
  readonly arrange: (ground: CommandGround) => void | Promise<void>;
  /** After the program's name. @param receiptFile where a command that leaves a receipt puts it. */
  readonly command: (ground: CommandGround, receiptFile: string) => string;
  readonly exitCode: 0 | 1 | 3;
  /** What must be printed. */
  readonly says: RegExp;
  /** Keys that must be in the vault that is restored to afterwards, deleted ones too; none when absent. */
  readonly inTarget?: readonly string[];
}
