import type {
  FunctionMetadata,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
} from './core-contract.ts';

/** Messages from the host to its worker process. The channel clones structures, so bytes stay bytes. */
export type WorkerCommand =
  | {
      readonly command: 'invoke';
      readonly invocationId: string;
      readonly functionName: string;
      readonly request: InvocationRequest;
    }
  | { readonly command: 'terminate' };

/** Messages from the worker process to its host. */
export type WorkerMessage =
  | { readonly message: 'loaded'; readonly functions: readonly FunctionMetadata[] }
  /** The entry point threw. The real worker reports that to the host only where a function was registered before. */
  | { readonly message: 'notLoaded'; readonly reason: string; readonly isReported: boolean }
  | {
      readonly message: 'log';
      readonly level: LogLevel;
      readonly category: LogCategory;
      readonly text: string;
      readonly functionName?: string;
      readonly invocationId?: string;
    }
  | { readonly message: 'succeeded'; readonly invocationId: string; readonly response: InvocationResponse }
  | { readonly message: 'failed'; readonly invocationId: string; readonly error: WorkerFailure };

/** An error of the function, as far as it crosses the process boundary. */
export interface WorkerFailure {
  readonly message: string;
  readonly stack: string;
}
