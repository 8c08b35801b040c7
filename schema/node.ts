/** Global ids and cursor connections (the Relay specifications), which all lists share. */
import 'reflect-metadata';
import { ArgsType, type ClassType, Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';

/**
 * A class of a module that may still be loading: two nouns that name each other. The alias keeps the
 * class out of the decorators' metadata, which would read it too early.
 */
export type Later<T> = T;

/** The largest page. A larger `first` or `last` is refused, not cut. */
export const PAGE_SIZE_MAX = 100;
export const PAGE_SIZE_DEFAULT = 20;

@InterfaceType('Node', {
  description: 'Anything with a global id.',
  autoRegisterImplementations: false,
})
export abstract class NodeInterface {
  @Field(() => ID, { description: 'The global id: a prefix that names the kind, and a UUIDv7.' })
  id!: string;
}

@ObjectType('PageInfo', { description: 'Where a page of a connection stands in the whole list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there is more after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there is more before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first edge.' })
  startCursor?: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last edge.' })
  endCursor?: string | null;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the front, 0 to ${PAGE_SIZE_MAX}; ${PAGE_SIZE_DEFAULT} by default.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what follows this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many from the back, 0 to ${PAGE_SIZE_MAX}. Not together with \`first\`.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what precedes this cursor.' })
  before?: string | null;
}

export type Edge<T> = { readonly cursor: string; readonly node: T };
export type Connection<T> = { readonly edges: readonly Edge<T>[]; readonly pageInfo: PageInfo };

/**
 * The connection and edge types over a node type: `TransferConnection` and `TransferEdge` over
 * `Transfer`. `order` completes the sentence "in this order: ...".
 */
export function connectionOf<T extends object>(
  name: string,
  node: () => ClassType<T>,
  order: string,
): ClassType<Connection<T>> {
  @ObjectType(`${name}Edge`, { description: `One ${name} of a connection, with its cursor.` })
  class EdgeType {
    @Field(() => String, { description: 'Opaque; stays valid when entries are added.' })
    cursor!: string;

    @Field(node, { description: `The ${name} itself.` })
    node!: T;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${name} entries, ${order}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'The entries of this page.' })
    edges!: readonly EdgeType[];

    @Field(() => PageInfo, { description: 'What lies before and after this page.' })
    pageInfo!: PageInfo;
  }
  return ConnectionType;
}
