import * as z from 'zod/mini';

/** How the storage account protects what lies in one container, as its administration says; an audit keeps it as it is. */
export const protectionSchema = z.object({
  container: z.string(),
  /** Time-based retention: `locked` can be neither shortened nor removed, by anybody. */
  policy: z.enum(['none', 'unlocked', 'locked']),
  /** Days from its creation for which a blob can be neither changed nor deleted. */
  retentionDays: z.optional(z.int().check(z.minimum(0))),
});

export type ContainerProtection = Readonly<z.infer<typeof protectionSchema>>;

/** What can be asked of the storage around the escrow. Each question may be refused alone. */
export interface StorageAdministration {
  /** How often and where the storage keeps each blob, as `Standard_RAGZRS`. @throws ServiceError, OutOfTime. */
  redundancy(deadline: AbortSignal): Promise<string>;
  /** @throws ServiceError, OutOfTime. */
  protectionOf(container: string, deadline: AbortSignal): Promise<ContainerProtection>;
}
