import type { EscrowSource } from '../../src/escrow/model/source.ts';
import { type AuditWorld, createAuditWorld, day, hour } from './audit-world.ts';
import { escrowSource } from './escrow-sources.ts';
import type { ListedAudit } from './listed-audit.ts';

// fixed date: the world of these nights has a clock of its own.
const dayOne = Date.parse('2026-11-01T02:00:00Z');

/** When the run of a night is due, or so many hours later. */
export function night(index: number, hoursLater = 0): Date {
  return new Date(dayOne + index * day + hoursLater * hour);
}

/** A vault whose keys were made ten days before its first night. */
export function startEscrow(
  settings: Partial<EscrowSource> = { except: ['tmp-*'] },
  names: readonly string[] = ['orders', 'payroll', 'signing'],
): AuditWorld {
  const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod', settings), night(-10));
  for (const name of names) escrow.addKey(name);
  return escrow;
}

export function auditAt(escrow: AuditWorld, time: Date): Promise<ListedAudit> {
  escrow.now = time;
  return escrow.audit();
}

/** The night's run, unless it was missed, and the audit four hours after it was due. */
export function passNight(escrow: AuditWorld, index: number, run: Parameters<AuditWorld['night']>[1] | 'missed' = {}) {
  if (run !== 'missed') escrow.night(night(index), run);
  return auditAt(escrow, night(index, 4));
}

/** The same escrow after one good night with its audit. */
export async function escrowAfterNight(...start: Parameters<typeof startEscrow>): Promise<AuditWorld> {
  const escrow = startEscrow(...start);
  await passNight(escrow, 0);
  return escrow;
}

/** So many nights, each with its audit; the last audit. */
export async function passNights(escrow: AuditWorld, nights: number): Promise<ListedAudit> {
  for (let index = 0; index < nights - 1; index++) await passNight(escrow, index);
  return passNight(escrow, nights - 1);
}
