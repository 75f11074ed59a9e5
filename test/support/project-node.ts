import { fileURLToPath } from 'node:url';

const file = process.platform === 'win32' ? 'node.exe' : 'node';

/** The Node that the repository brings along: its own commands (`npm start`) run on it, whichever Node runs the tests. */
export const projectNode = fileURLToPath(new URL(`../../node_modules/node/bin/${file}`, import.meta.url));
