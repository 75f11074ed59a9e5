/** The settings that the product cannot do without, and no other. */
export const minimalSettings = {
  ESCROW_SOURCES: '[{"vaultName":"contoso-prod"}]',
  ESCROW_CONTAINER_URL: 'https://escrowlocal.blob.core.windows.net/key-escrow',
  ESCROW_SCHEDULE: '0 0 2 * * *',
  ESCROW_AUDIT_SCHEDULE: '0 0 6 * * *',
  ESCROW_QUEUE_NAME: 'key-escrow-requests',
  ESCROW_QUEUE__queueServiceUri: 'https://escrowlocal.queue.core.windows.net',
} as const;
