import * as z from 'zod/mini';
import type { Failure } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import type { Outcome, OutcomeCounts } from '../model/outcome.ts';
import type { SourceKind } from '../model/source.ts';

/** What triggered a backup; `command`: a person's `backup`. */
export type Trigger = z.infer<typeof triggerSchema>;
export const triggerSchema = z.enum(['schedule', 'request', 'event', 'command']);

interface OfSource {
  readonly runId: string;
  /** `vaults/<name>` or `managed-hsms/<name>`. */
  readonly source: string;
}

interface OfRequest {
  readonly runId: string;
  readonly messageId: string;
  readonly reason: string;
}

type FieldsOf<Kind extends Outcome['outcome']> = OfSource & Omit<Extract<Outcome, { outcome: Kind }>, 'outcome'>;

/** The log lines that alarms are written against: names and fields are a contract (infra's queries use them). */
export type EscrowEvent =
  | (OfSource & {
      readonly event: 'escrow.run.started';
      readonly sourceKind: SourceKind;
      readonly sourceName: string;
      readonly trigger: Trigger;
      readonly attempt: number;
      readonly resumed: boolean;
    })
  | (FieldsOf<'escrowed' | 'alreadyEscrowed'> & { readonly event: 'escrow.key.escrowed'; readonly already: boolean })
  | (FieldsOf<'skipped'> & { readonly event: 'escrow.key.skipped' })
  | (FieldsOf<'wouldEscrow'> & { readonly event: 'escrow.key.wouldEscrow' })
  | (OfSource &
      Pick<Failure, 'code' | 'remedy' | 'statusCode' | 'requestId'> & {
        readonly event: 'escrow.key.failed';
        readonly key: string;
        readonly message: string;
      })
  | (OfSource &
      OutcomeCounts & {
        readonly event: 'escrow.run.completed';
        readonly status: RunStatus;
        readonly trigger: Trigger;
        readonly attempt: number;
        readonly durationMs: number;
        readonly throttled: number;
        readonly whatIf: boolean;
        readonly problems: readonly string[];
      })
  | (OfRequest & { readonly event: 'escrow.request.refused' })
  | (OfRequest & { readonly event: 'escrow.request.acknowledged' })
  | (OfRequest & {
      readonly event: 'escrow.request.failed';
      readonly attempt: number;
      /** The last delivery: the host moves the message to the poison queue now. */
      readonly final: boolean;
    })
  | {
      readonly event: 'escrow.audit.completed';
      /** Of the audit: the time it began. */
      readonly runId: string;
      readonly status: 'ok' | 'gaps';
      /** Those that require a backup; of those with an intact one; of those also proven by a restore. */
      readonly keys: number;
      readonly intact: number;
      readonly proven: number;
      readonly findings: number;
      readonly durationMs: number;
      readonly blobName: string;
      /** Of the audit's content and of its predecessor's: the chain, kept where the escrow cannot reach. */
      readonly sha256: string;
      /** Of the audit that it follows; absent in the first. An alarm compares it with the line before. */
      readonly previousSha256?: string;
    }
  | (Omit<Finding, 'reason' | 'detail'> & {
      readonly event: 'escrow.coverage.gap';
      readonly runId: string;
      readonly message: string;
    });

export type RunStatus = 'ok' | 'incomplete';

export type LogLevel = 'info' | 'warn' | 'error';

export type EscrowLog = (level: LogLevel, event: EscrowEvent) => void;
