/** For files that a command leaves: whole or not at all, as a folder store writes its own. */
export { replaceFile, writeFlushed } from '../store/folder/durable-file.ts';
