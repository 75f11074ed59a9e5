import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { TypedData } from '../worker/core-contract.ts';
import { looksLikeJson } from './looks-like-json.ts';

type TriggerMetadata = Readonly<Record<string, TypedData>>;

/** What the host says of a message beside its body. The body as text only where it is valid UTF-8. */
export function messageMetadata(message: DequeuedMessageItem, body: Buffer): TriggerMetadata {
  const time = (date: Date) => ({ json: JSON.stringify(date.toISOString().replace('.000Z', '+00:00')) });
  const text = body.toString('utf8');
  return {
    Id: { string: message.messageId },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: time(message.insertedOn),
    ExpirationTime: time(message.expiresOn),
    NextVisibleTime: time(message.nextVisibleOn),
    PopReceipt: { string: message.popReceipt },
    ...(Buffer.from(text).equals(body) && { QueueTrigger: { string: text } }),
  };
}

/**
 * Overwrites the metadata by the top-level members of a JSON object in the body, as the real host does for every trigger that
 * takes its message as text (Utility.ApplyBindingData of azure-functions-host). Names are compared without case; arrays and
 * null are left out; what is no object becomes text, in .NET's words.
 */
export function overwrittenByBody(metadata: TriggerMetadata, body: string): TriggerMetadata {
  const result: Record<string, TypedData> = { ...metadata };
  for (const [name, value] of Object.entries(objectIn(body))) {
    if (value === null || Array.isArray(value)) continue;
    const known = Object.keys(result).find((one) => one.toLowerCase() === name.toLowerCase());
    result[known ?? name] = typeof value === 'object' ? { json: JSON.stringify(value) } : { string: dotNetText(value) };
  }
  return result;
}

function objectIn(text: string): object {
  if (!looksLikeJson(text)) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

function dotNetText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  const date = typeof value === 'string' && dateTime.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) return String(value);
  // The invariant culture's: 11/28/2026 02:00:00.
  const [, year, month, day, time] = /^(\d+)-(\d\d)-(\d\d)T([\d:]+)/.exec(date.toISOString()) ?? [];
  return `${month}/${day}/${year} ${time}`;
}
