import * as z from 'zod/mini';

const label = z.exactOptional(z.string());

/** Where backups can be restored; what nobody said is left out. */
export const placeSchema = z.object({ subscriptionId: label, geography: label, securityDomain: label });

/** What triggered a backup. */
export const triggerSchema = z.enum(['schedule', 'request', 'event', 'command']);
