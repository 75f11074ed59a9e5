/** How the storage account protects what lies in one container, as its administration says. */
export interface ContainerProtection {
  /** Its name. */
  readonly container: string;
  /** Time-based retention: `locked` can be neither shortened nor removed, by anybody. */
  readonly policy: 'none' | 'unlocked' | 'locked';
  /** Days from its creation for which a blob can be neither changed nor deleted. */
  readonly retentionDays?: number;
}

/** What can be asked of the storage around the escrow. Each question may be refused alone. */
export interface StorageAdministration {
  /** How often and where the storage keeps each blob, as `Standard_RAGZRS`. @throws ServiceError, OutOfTime. */
  redundancy(deadline: AbortSignal): Promise<string>;
  /** @throws ServiceError, OutOfTime. */
  protectionOf(container: string, deadline: AbortSignal): Promise<ContainerProtection>;
}
