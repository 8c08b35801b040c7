/** What a test may change in its process for its own time, and must put back. */
export type ProcessState = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Clock, timers and network, by their names. */
  readonly globals: Readonly<Record<string, unknown>>;
};

/** Libraries set these for themselves, always to the same. */
const SET_BY_LIBRARIES = ['MIKRO_ORM_COLORS'];

export const processState = (): ProcessState => ({
  environment: Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !SET_BY_LIBRARIES.includes(name)),
  ),
  folder: process.cwd(),
  globals: {
    Date,
    setTimeout,
    setInterval,
    setImmediate,
    queueMicrotask,
    fetch,
  },
});

/** The names of what differs, without the values: an environment may hold secrets. */
export function changesBetween(before: ProcessState, after: ProcessState): readonly string[] {
  return [
    ...(before.folder === after.folder ? [] : ['the working folder']),
    ...differing(before.environment, after.environment),
    ...differing(before.globals, after.globals),
  ];
}

function differing(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]);
}
