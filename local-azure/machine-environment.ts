/**
 * What a child process needs of the machine, and nothing of its parent's settings or secrets. The clock belongs to it: under
 * libfaketime (`npm run test:clock`) a child that saw another time would refuse every token and certificate.
 */
export function machineEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isOfTheMachine(name)));
}

/** In any casing: Windows says `Path`. */
function isOfTheMachine(name: string): boolean {
  return /^(?:PATH|HOME|TMPDIR|TZ|NODE_COMPILE_CACHE|LD_PRELOAD|FAKETIME.*)$/i.test(name);
}
