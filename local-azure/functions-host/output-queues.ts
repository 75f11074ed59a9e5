import type { BindingInfo, FunctionMetadata, InvocationResponse, TypedData } from './core-contract.ts';
import { encodeMessage } from './message-encoding.ts';

const returnBinding = '$return';

/** The queue messages that a response puts through the function's output bindings, encoded for the wire. */
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

/** A JSON array is one message per element; everything else is one message. */
function contents(data: TypedData): (string | Uint8Array)[] {
  if (data.json !== undefined) {
    const value: unknown = JSON.parse(data.json);
    if (!Array.isArray(value)) return [data.json];
    return value.map((element) => (typeof element === 'string' ? element : JSON.stringify(element)));
  }
  if (data.string !== undefined) return [data.string];
  if (data.bytes !== undefined) return [data.bytes];
  return [String(data.int ?? data.double)];
}
