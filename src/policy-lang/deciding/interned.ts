/**
 * The one copy of a text that the engine keeps for the names of properties. What a policy names is
 * compared with every request: two such copies are equal only if they are the same one, and neither
 * is a slice of a file or a sum of parts, which has to be put together before it is compared.
 */
export function interned<T extends string>(text: T): T {
  // Without a prototype it is a plain table, so that names leave no shapes of objects behind.
  const table = Object.create(null) as Record<string, true>;
  table[text] = true;
  return (Object.keys(table)[0] ?? text) as T;
}
