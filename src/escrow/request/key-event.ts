/** What an Event Grid or CloudEvents message turned out to be. */
export type KeyEvent =
  | { readonly keyId: string; readonly id: string; readonly time: Date }
  /** Another Key Vault event, or one of another object: acknowledged. */
  | { readonly reason: string }
  /** The right event, but unusable. */
  | { readonly fault: string };

const newVersionType = 'Microsoft.KeyVault.KeyNewVersionCreated';

/**
 * Reads an event in the Event Grid or the CloudEvents 1.0 schema; undefined when the body is not an event.
 * Tolerant where Microsoft's own samples are loose: stray spaces in property names, one event inside an array.
 */
export function readKeyEvent(body: unknown): KeyEvent | undefined {
  const event = asObject(Array.isArray(body) && body.length === 1 ? body[0] : body);
  const type = event?.eventtype ?? (event?.specversion === undefined ? undefined : event.type);
  if (event === undefined || typeof type !== 'string') return undefined;
  if (!type.trim().startsWith('Microsoft.KeyVault.')) {
    return { fault: `the event ${JSON.stringify(type)} is not a Key Vault event` };
  }
  if (type.trim() !== newVersionType) return { reason: `the event ${JSON.stringify(type)} does not require a backup` };

  const data = asObject(event.data);
  const time = readTime(event.eventtime ?? event.time);
  const { id } = event;
  const keyId = data?.id;
  if (typeof id !== 'string' || id === '') return { fault: 'the event has no "id"' };
  if (time === undefined) return { fault: 'the event has no readable time' };
  if (typeof keyId !== 'string') return { fault: 'the event names no key ("data.Id")' };
  return { keyId: keyId.trim(), id, time };
}

// A run id has room for the years 1970 to 9999.
function readTime(value: unknown): Date | undefined {
  const time = new Date(typeof value === 'string' ? value.trim() : Number.NaN);
  return time.getTime() >= 0 && time.getUTCFullYear() <= 9999 ? time : undefined;
}

/** Property names trimmed and lower-cased. */
function asObject(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name.trim().toLowerCase(), item]));
}
