import type { Finding } from '../finding.ts';
import { timeMargin } from '../run-id.ts';
import { latestOccurrence, occurrencesBetween } from '../run-time.ts';
import type { AuditTrail } from './audit-trail.ts';
import { isAuditDocument } from './audit-trail.ts';
import { auditMissing } from './evidence-findings.ts';

/**
 * Whether audits were due between the last one that is there and the one that is being made, which stands for the latest
 * occurrence however late it is: they did not come about, or have been removed with their pages. After a change of the schedule
 * nothing is said once, for which one was in force is not known.
 */
export function findMissedAudits(schedule: string, { blobs, newest }: AuditTrail, now: Date): Finding[] {
  const last = blobs.findLast(isAuditDocument)?.createdAt;
  if (last === undefined || newest?.audit.asked.auditSchedule !== schedule) return [];
  return auditsMissedBetween(schedule, last, now);
}

/** @param last when the one audit was made. @param next when the other one was. */
export function auditsMissedBetween(schedule: string, last: Date, next: Date): Finding[] {
  const current = latestOccurrence(schedule, later(next, timeMargin));
  const missed = current === undefined ? [] : occurrencesBetween(schedule, later(last, timeMargin), current);
  return auditMissing(missed, last);
}

function later(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}
