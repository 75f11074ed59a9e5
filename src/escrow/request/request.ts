import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { dayMs } from '../model/day.ts';
import { parseKeyId, type SourceSuffixes } from '../model/key-id.ts';
import {
  describeSource,
  type EscrowSource,
  isSameSource,
  keyNamePattern,
  type SourceId,
  sourceOfNames,
} from '../model/source.ts';
import { faultOfBlobName } from '../records/blob-names.ts';
import { readKeyEvent } from './key-event.ts';
import { refuse } from './request-refused.ts';

/** One key by name, from a person's message or from an event. */
export interface KeyRequest {
  readonly scope: 'key';
  readonly source: EscrowSource;
  readonly name: string;
  /** Its record goes to `named/<blobName>`. */
  readonly blobName?: string | undefined;
  /** Replaces what another request left under that name; a record in the key's own folder always has a name of its own. */
  readonly force: boolean;
  readonly whatIf: boolean;
  /** Present when it came from Event Grid: the event's own identity, because its deliveries have different message ids. */
  readonly event?: { readonly id: string; readonly time: Date };
}

/** Every selected key of one source or of all. */
export interface SourcesRequest {
  readonly scope: 'sources';
  readonly sources: readonly EscrowSource[];
  /** The scheduled instant that this run stands for; the fan-out sends it. */
  readonly runTime?: Date;
  readonly whatIf: boolean;
}

export type EscrowRequest =
  | KeyRequest
  | SourcesRequest
  /** An event that requires nothing here: acknowledged and logged. */
  | { readonly scope: 'nothing'; readonly reason: string };

export interface RequestContext {
  readonly sources: readonly EscrowSource[];
  readonly suffixes: SourceSuffixes;
  readonly now: Date;
}

const messageShape = z.strictObject({
  vaultName: z.optional(z.string()),
  hsmName: z.optional(z.string()),
  name: z.optional(z.string()),
  id: z.optional(z.string()),
  all: z.optional(z.literal(true)),
  blobName: z.optional(z.string()),
  force: z.optional(z.boolean()),
  whatIf: z.optional(z.boolean()),
  runTime: z.optional(z.iso.datetime({ offset: true })),
});

/** The message on the queue. */
export type RequestMessage = z.infer<typeof messageShape>;

const forms =
  'Allowed: {"vaultName","name"}, {"hsmName","name"}, {"id"}, {"vaultName"}, {"hsmName"} or {"all":true}; with "blobName" (one key), "force", "whatIf", "runTime" (whole sources).';
/** How far ahead of this clock a run may claim to be, because clocks differ. A record may precede its run by no more than twice that. */
const maxAheadMs = 5 * 60 * 1000;

/**
 * Reads the parsed body of a queue message.
 * @throws RequestRefused for everything that can never succeed. It asks no service: a message may name only configured sources.
 */
export function parseRequest(body: unknown, context: RequestContext): EscrowRequest {
  const event = readKeyEvent(body);
  if (event !== undefined) {
    if ('reason' in event) return { scope: 'nothing', reason: event.reason };
    if ('fault' in event) throw refuse(event.fault, 'Send the event as Event Grid does.');
    requireNotAhead(event, context);
    const { source, name } = resolveKeyId(event.keyId, context);
    return { scope: 'key', source, name, force: false, whatIf: false, event: { id: event.id, time: event.time } };
  }
  return resolve(readMessage(body), context);
}

function readMessage(body: unknown): RequestMessage {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refuse(`the message is ${describeBody(body)}, not a JSON object`, forms);
  }
  const parsed = messageShape.safeParse(body, { error: en().localeError });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const path = issue.path.length === 0 ? '' : `"${issue.path.join('.')}": `;
    return `${path}${issue.message}`;
  });
  throw refuse(faults.join('; '), forms);
}

function resolve(message: RequestMessage, context: RequestContext): EscrowRequest {
  const { vaultName, hsmName, id, all, name, blobName, runTime } = message;
  const whatIf = message.whatIf ?? false;
  const options = { force: message.force ?? false, whatIf };
  const subjects = Object.entries({ vaultName, hsmName, id, all }).filter(([, value]) => value !== undefined);
  if (subjects.length !== 1) {
    const found = subjects.length === 0 ? 'none' : subjects.map(([key]) => `"${key}"`).join(' and ');
    throw refuse(
      `exactly one of "vaultName", "hsmName", "id" and "all" must say what to back up; found ${found}`,
      forms,
    );
  }
  if (name !== undefined && (id !== undefined || all !== undefined)) {
    throw refuse('"name" goes with "vaultName" or "hsmName" only', forms);
  }
  const isOneKey = name !== undefined || id !== undefined;
  if (isOneKey && runTime !== undefined) throw refuse('"runTime" is for whole sources, not for one key', forms);
  if (!isOneKey && blobName !== undefined) throw refuse('"blobName" is for one key, not for a whole source', forms);
  const nameFault = blobName === undefined ? undefined : faultOfBlobName(blobName);
  if (nameFault !== undefined)
    throw refuse(`"blobName" ${JSON.stringify(blobName)} cannot be used: ${nameFault}`, 'Choose another.');

  if (all) return { scope: 'sources', sources: context.sources, ...readRunTime(runTime, context), whatIf };
  const named = sourceOfNames({ vaultName, hsmName });
  // Exactly one of them is there: without a source it is the identifier.
  if (named === undefined) {
    return { scope: 'key', ...resolveKeyId(id ?? '', context), blobName, ...options };
  }
  const source = configuredSource(named, context);
  if (name === undefined) return { scope: 'sources', sources: [source], ...readRunTime(runTime, context), whatIf };
  if (!keyNamePattern.test(name)) {
    throw refuse(
      `${JSON.stringify(name)} is not a valid key name`,
      'A key name has 1 to 127 letters, digits and dashes.',
    );
  }
  return { scope: 'key', source, name, blobName, ...options };
}

/**
 * An event's time becomes the run id. One ahead of the clock would have the run's own record precede its run, which makes it
 * nobody's. However old is fine: Event Grid tries for 24 hours, and a dead letter is replayed days later.
 */
function requireNotAhead({ id, time }: { readonly id: string; readonly time: Date }, { now }: RequestContext): void {
  if (time.getTime() - now.getTime() <= maxAheadMs) return;
  throw refuse(
    `the event's time ${time.toISOString()} is more than 5 minutes ahead of ${now.toISOString()} (event ${JSON.stringify(id)})`,
    'Send the event as Event Grid does, with the time at which the version was made; it may be of any age.',
  );
}

function readRunTime(runTime: string | undefined, { now }: RequestContext): { runTime?: Date } {
  if (runTime === undefined) return {};
  const time = new Date(runTime);
  const age = now.getTime() - time.getTime();
  if (!(age <= 7 * dayMs && age >= -maxAheadMs)) {
    throw refuse(`"runTime" ${runTime} is out of range`, 'It may lie from 7 days ago to 5 minutes ahead.');
  }
  return { runTime: time };
}

function resolveKeyId(id: string, context: RequestContext): { source: EscrowSource; name: string } {
  const parsed = parseKeyId(id, context.suffixes);
  if (parsed === undefined) {
    const { vault, managedHsm } = context.suffixes;
    throw refuse(
      `${JSON.stringify(id)} is not a key identifier of this cloud`,
      `It looks like https://<vault>.${vault}/keys/<name> or https://<hsm>.${managedHsm}/keys/<name>; a version may follow.`,
    );
  }
  return { source: configuredSource(parsed.source, context), name: parsed.name };
}

function configuredSource(wanted: SourceId, { sources }: RequestContext): EscrowSource {
  const source = sources.find((configured) => isSameSource(configured, wanted));
  if (source !== undefined) return source;
  const known = sources.map(describeSource).join(', ');
  const named = { ...wanted, name: JSON.stringify(wanted.name).slice(1, -1) };
  throw refuse(`${describeSource(named)} is not configured`, `Configured in ESCROW_SOURCES: ${known}.`);
}

function describeBody(body: unknown): string {
  if (body === null || body === undefined) return String(body);
  if (Array.isArray(body)) return 'an array';
  return typeof body === 'string' ? 'text' : `a ${typeof body}`;
}
