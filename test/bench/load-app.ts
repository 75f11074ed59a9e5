import { pathToFileURL } from 'node:url';
import { provideCoreApi } from '../../local-azure/functions-host/worker/core-api.ts';

/*
 * Loads the application as the worker does, once, in a process of its own, and reports how long that took: from asking for
 * the entry point to its last registration.
 */
const entry = process.argv[2] ?? '';
const registrations = provideCoreApi(() => {});
const startedAt = performance.now();
await import(pathToFileURL(entry).href);
const loadMs = performance.now() - startedAt;
process.send?.({ loadMs, functions: [...registrations.functions.keys()].toSorted() });
