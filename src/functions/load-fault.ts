import { app } from '@azure/functions';

/**
 * Makes sure that the host logs an Error when the entry point throws. It does so only where a function was registered before
 * (azure-functions-nodejs-worker: `blockingAppStartError`); otherwise it runs on without functions and says nothing. It loads
 * none either way.
 */
export function reportLoadFault<Result>(load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    app.timer('settingsFault', { schedule: '0 0 0 1 1 *', handler: () => undefined });
    throw error;
  }
}
