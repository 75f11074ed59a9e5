import * as z from 'zod/mini';
import type { FailureKind } from '../model/failure-kind.ts';

const text = z.string();
const label = z.exactOptional(text);

/** Where backups can be restored; what nobody said is left out. */
export const placeSchema = z.object({ subscriptionId: label, geography: label, securityDomain: label });

/** What triggered a backup. */
export const triggerSchema = z.enum(['schedule', 'request', 'event', 'command']);

/** A `Failure` as it is written into reports and audits: everything but what was thrown. */
export const failureSchema = z.object({
  code: text,
  // A later version may know more kinds: whatever it says, a reader of today shows the reason and the remedy.
  kind: z.exactOptional(z.custom<FailureKind>((value) => typeof value === 'string')),
  attempt: text,
  subject: text,
  reason: text,
  remedy: text,
  statusCode: z.exactOptional(z.number()),
  requestId: label,
});
