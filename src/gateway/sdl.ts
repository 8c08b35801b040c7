/** The printed schema and the file that keeps it. */
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';

export const SDL_FILE = new URL('../../schema/schema.graphql', import.meta.url);

/** Sorted by name, so that moving a class changes nothing. */
export const printSdl = (schema: GraphQLSchema): string =>
  `${printSchema(lexicographicSortSchema(schema))}\n`;
