/** A page of a list, of the connection that the API answers with. */
import type { Page } from './types.ts';

export type Connection<T> = {
  readonly edges: readonly { readonly node: T }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

export const pageOf = <T>({ edges, pageInfo }: Connection<T>): Page<T> => ({
  items: edges.map(({ node }) => node),
  ...pageInfo,
});
