/** The file that a worker thread begins with; in the bundle it is the bundle itself. */
export const THREAD_FILE = new URL('./thread.ts', import.meta.url);
