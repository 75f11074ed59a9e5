import type { BindingInfo, FunctionMetadata, InvocationResponse, TypedData } from '../worker/core-contract.ts';
import { looksLikeJson } from './looks-like-json.ts';
import { encodeMessage } from './message-encoding.ts';

const returnBinding = '$return';

/**
 * The queue messages that a response puts through the function's output bindings, encoded for the wire.
 * @throws when a text looks like JSON and is none: the real host parses it (JsonReaderException), and the invocation fails.
 */
export function outputMessages(
  metadata: FunctionMetadata,
  response: InvocationResponse,
  encoding: 'base64' | 'none',
): { binding: BindingInfo; text: string }[] {
  const outputs = [...(response.outputData ?? [])];
  if (response.returnValue != null) outputs.unshift({ name: returnBinding, data: response.returnValue });
  return outputs.flatMap(({ name, data }) => {
    const binding = metadata.bindings[name];
    // A function without a return binding may still return something; the host ignores it.
    if (binding === undefined && name === returnBinding) return [];
    if (binding?.type !== 'queue') {
      throw new Error(`The local host has no output binding of type "${binding?.type}" (function ${metadata.name}).`);
    }
    return contents(data).map((content) => ({ binding, text: encodeMessage(content, encoding) }));
  });
}

/** ReadAsEnumerable and BindAsyncCollectorAsync of FunctionBinding in azure-functions-host. Only bytes pass as they are. */
function contents(data: TypedData): (string | Uint8Array)[] {
  if (data.bytes !== undefined) return [data.bytes];
  if (data.json !== undefined) return [JSON.parse(data.json)].flat().map(tokenText);
  if (data.string !== undefined) {
    return looksLikeJson(data.string) ? [parsedToken(data.string)].flat().map(tokenText) : [data.string];
  }
  return [String(data.int ?? data.double)];
}

function parsedToken(text: string): unknown {
  try {
    return JSON.parse(text, withLocalTime);
  } catch (error) {
    throw new Error(`Newtonsoft.Json.JsonReaderException: ${(error as Error).message}`, { cause: error });
  }
}

/** JToken.ToString() of Newtonsoft.Json: objects and arrays indented, texts as they are, null empty. */
function tokenText(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value);
}

/** Newtonsoft.Json reads a text that is an ISO time with an offset as a time, and writes it in the machine's own offset. */
function withLocalTime(_name: string, value: unknown): unknown {
  const parts =
    typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?[+-]\d\d:\d\d$/.exec(value) : undefined;
  if (parts == null) return value;
  const at = new Date(value as string);
  if (Number.isNaN(at.getTime())) return value;
  const offset = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const two = (count: number): string => String(Math.trunc(count)).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  return `${local}${parts[2] ?? ''}${sign}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
