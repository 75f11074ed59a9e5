import type { Finding, FindingKind } from '../model/finding.ts';
import type { OutcomeCounts } from '../model/outcome.ts';
import type { SkipReason } from '../model/selection.ts';
import type { SourceKind } from '../model/source.ts';

/** What triggered a backup; `command`: a person's `backup`. */
export type Trigger = 'schedule' | 'request' | 'event' | 'command';

interface OfSource {
  readonly runId: string;
  /** `vaults/<name>` or `managed-hsms/<name>`. */
  readonly source: string;
}

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
  | (OfSource & {
      readonly event: 'escrow.key.escrowed';
      readonly key: string;
      readonly blobName: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly already: boolean;
      readonly unknownFormat?: true;
      /** A first pass of the run met a record under its own name: somebody else put it there. */
      readonly unexpectedRecord?: true;
    })
  | (OfSource & {
      readonly event: 'escrow.key.skipped';
      readonly key: string;
      readonly reason: SkipReason;
      readonly message: string;
    })
  | (OfSource & { readonly event: 'escrow.key.wouldEscrow'; readonly key: string; readonly blobName: string })
  | (OfSource & {
      readonly event: 'escrow.key.failed';
      readonly key: string;
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      readonly statusCode?: number;
      readonly requestId?: string;
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
  | {
      readonly event: 'escrow.request.refused';
      readonly runId: string;
      readonly messageId: string;
      readonly reason: string;
    }
  | {
      readonly event: 'escrow.request.failed';
      readonly runId: string;
      readonly messageId: string;
      readonly reason: string;
      readonly attempt: number;
      /** The last delivery: the host moves the message to the poison queue now. */
      readonly final: boolean;
    }
  | {
      readonly event: 'escrow.request.acknowledged';
      readonly runId: string;
      readonly messageId: string;
      readonly reason: string;
    }
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
  | {
      readonly event: 'escrow.coverage.gap';
      readonly runId: string;
      readonly finding: FindingKind;
      readonly severity: Finding['severity'];
      readonly source?: string;
      readonly key?: string;
      readonly message: string;
      readonly remedy: string;
    };

export type RunStatus = 'ok' | 'incomplete';

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one event as one line. */
export type EscrowLog = (level: LogLevel, event: EscrowEvent) => void;
