/** Optional fields: absent and undefined stay the same thing in records and in their JSON. */

/**
 * Spread into an object: copies `value` under `key` only where there is one: absent and undefined
 * stay the same thing.
 */
export const optional = <K extends string, V>(
  key: K,
  value: V | undefined,
): { readonly [key in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
