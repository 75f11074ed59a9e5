import type { Finding } from '../model/finding.ts';
import { timeMargin } from '../model/run-id.ts';
import { latestOccurrence, nextOccurrence, occurrencesBetween } from '../model/run-time.ts';
import type { AuditTrail } from './audit-trail.ts';
import { isAuditDocument } from './audit-trail.ts';
import { auditMissing } from './evidence-findings.ts';

// The host fires up to a second early.
const earlyMs = 60 * 1000;

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
  const current = latestOccurrence(schedule, later(next, earlyMs));
  return current === undefined ? [] : auditMissing(dueAfter(schedule, last, current), last);
}

/** When audits were due after one that may have been made a little early, or by a clock that is behind. */
export function dueAfter(schedule: string, last: Date, before: Date): Date[] {
  const first = nextOccurrence(schedule, last);
  const second = first && nextOccurrence(schedule, first);
  const period = first && second ? second.getTime() - first.getTime() : Number.POSITIVE_INFINITY;
  return occurrencesBetween(schedule, later(last, Math.min(timeMargin, period / 2)), before);
}

function later(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}
