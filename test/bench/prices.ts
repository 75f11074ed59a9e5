/** List prices in US dollars, East US, pay as you go, from memory in November 2026: put your own in, the shape stays. */
export const prices = {
  /** Software keys and RSA-2048; other types cost five times as much. A Managed HSM is paid by the hour, not by the call. */
  vaultCallsPer10000: 0.03,
  /** Hot tier, RA-GRS. */
  blobWritesPer10000: 0.1,
  blobReadsPer10000: 0.004,
  blobGbMonth: 0.046,
  /** Flex Consumption, on demand. */
  computePerGbSecond: 0.000026,
  /** Log Analytics, analytics logs. */
  logsPerGb: 2.3,
} as const;
