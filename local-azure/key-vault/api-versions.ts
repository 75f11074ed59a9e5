import type { Answer } from './answer.ts';
import type { LocalSourceKind } from './data-actions.ts';
import { badParameter } from './service-errors.ts';

/** Of the data plane, oldest first (azure-rest-api-specs, specification/keyvault). */
const served = ['2015-06-01', '2016-10-01', '7.0', '7.1', '7.2', '7.3', '7.4', '7.5', '7.6', '2025-07-01'];
const previews = [
  '7.2-preview',
  '7.3-preview',
  '7.4-preview.1',
  '7.5-preview.1',
  '7.6-preview.2',
  '2025-06-01-preview',
];
const latest = '2025-07-01';

/**
 * The version that a call asks for. A Managed HSM's nextLink names none, and older .NET clients follow it as it is, so what
 * continues a listing there may go without.
 */
export function requestedApiVersion(kind: LocalSourceKind, query: URLSearchParams): string {
  return query.get('api-version') ?? (kind === 'managedHsm' && query.has('$skiptoken') ? latest : '');
}

/** The refusal of a version that does not exist, in the service's words: azure-sdk-for-python#28595. */
export function refusedApiVersion(version: string): Answer | undefined {
  if (version === '') return badParameter('api-version must be specified');
  if (served.includes(version) || previews.includes(version)) return undefined;
  return badParameter(
    `The specified version (${version}) is not recognized. Consider using the latest supported version (${latest}).`,
  );
}
