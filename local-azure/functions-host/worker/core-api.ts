import { registerHooks } from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-contract.ts';

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What the loaded application registered. */
export interface CoreRegistrations {
  readonly functions: Map<string, RegisteredFunction>;
  model(): ProgrammingModel;
  runHooks(name: string, context: Record<string, unknown>): Promise<void>;
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
  const hooks = new Map<string, Set<HookCallback>>();
  let programmingModel: ProgrammingModel | undefined;
  let isOpen = true;
  const api = {
    version: '3.12.0',
    hostVersion: '4.1040.0',
    Disposable,
    log,
    setProgrammingModel(model: ProgrammingModel) {
      programmingModel = model;
    },
    getProgrammingModel: () => programmingModel,
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (!isOpen) throw new Error('A function can only be registered during app startup.');
      if (functions.has(metadata.name)) throw new Error(`A function with name "${metadata.name}" exists already.`);
      functions.set(metadata.name, { metadata, callback });
      return new Disposable(() => functions.delete(metadata.name));
    },
    registerHook(name: string, callback: HookCallback) {
      const callbacks = hooks.get(name) ?? new Set();
      hooks.set(name, callbacks.add(callback));
      return new Disposable(() => callbacks.delete(callback));
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
    async runHooks(name, context) {
      for (const callback of hooks.get(name) ?? []) await callback(context);
    },
    close() {
      isOpen = false;
    },
  };
}

class Disposable {
  #onDispose: (() => unknown) | undefined;
  constructor(onDispose: () => unknown) {
    this.#onDispose = onDispose;
  }
  static from(...all: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const one of all) one.dispose();
    });
  }
  dispose(): void {
    this.#onDispose?.();
    this.#onDispose = undefined;
  }
}
