import { registerHooks } from 'node:module';
import type { FunctionCallback, FunctionMetadata, LogCategory, LogLevel, ProgrammingModel } from './core-contract.ts';

interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What the loaded application registered. */
export interface CoreRegistrations {
  readonly functions: Map<string, RegisteredFunction>;
  model(): ProgrammingModel;
  /** From now on a registration is an error, as in the real worker once the application has started. */
  close(): void;
}

const moduleName = '@azure/functions-core';
const moduleUrl = 'local-functions-host:core';
const globalKey = 'keyvault-escrow.local-functions-host.core';

/** Provides the module `@azure/functions-core` to everything loaded from now on in this process, as the worker does. */
export function provideCoreApi(
  log: (level: LogLevel, category: LogCategory, message: string) => void,
): CoreRegistrations {
  const functions = new Map<string, RegisteredFunction>();
  let programmingModel: ProgrammingModel | undefined;
  let isOpen = true;
  const api = {
    log,
    setProgrammingModel(model: ProgrammingModel) {
      programmingModel = model;
    },
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (!isOpen) throw new Error('A function can only be registered during app startup.');
      if (functions.has(metadata.name)) throw new Error(`A function with name "${metadata.name}" exists already.`);
      functions.set(metadata.name, { metadata, callback });
    },
    registerHook(name: string) {
      throw new Error(`The local host runs no hooks: ${name} would never be called.`);
    },
  };
  Reflect.set(globalThis, Symbol.for(globalKey), api);
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === moduleName ? { url: moduleUrl, format: 'commonjs', shortCircuit: true } : next(specifier, context),
    load: (url, context, next) =>
      url === moduleUrl
        ? {
            format: 'commonjs',
            source: `module.exports = globalThis[Symbol.for(${JSON.stringify(globalKey)})];`,
            shortCircuit: true,
          }
        : next(url, context),
  });
  return {
    functions,
    model() {
      if (programmingModel === undefined) throw new Error('The application registered no programming model.');
      return programmingModel;
    },
    close() {
      isOpen = false;
    },
  };
}
