/**
 * How large a GraphQL document may be. The checks run before graphql-js validates, because several
 * of its rules cost more than linear time; each one here is linear in the document. Fragments count
 * as often as they are spread, and each is measured once.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { PlatformError } from '#core/errors.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '#schema/node.ts';

/** Tokens are counted by the parser; the parser's own recursion is bounded by them. */
export const TOKENS_MAX = 2_000;

/** The deepest selection. The introspection query of common tools reaches 15. */
export const DEPTH_MAX = 16;

export const DOCUMENT_LIMITS = {
  depth: DEPTH_MAX,
  /** Selections in one selection set. */
  width: 100,
  aliases: 30,
  directives: 30,
  /** Directives on one field, fragment or operation. */
  directivesAtOnce: 4,
  operations: 10,
  /** Fields to be resolved, where a page counts its size, any other list once, and some more. */
  cost: 20_000,
} as const;

/**
 * Fields that do more than read a row: a policy of the greatest size takes half a second to compile,
 * a ceremony writes, and others ask a chain or the signer nodes.
 */
const COSTS: ReadonlyMap<string, number> = new Map([
  ['simulateTransfer', 9_000],
  ['beginUserAction', 9_000],
  ['publishPolicy', 9_000],
  ['beginRegistration', 2_000],
  ['beginLogin', 2_000],
  ['completeLogin', 2_000],
  ['signers', 2_000],
  ['balances', 20],
]);

/** What one selection set amounts to, fragments included. */
type Measure = {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly cost: number;
};

const NOTHING: Measure = { depth: 0, aliases: 0, directives: 0, cost: 0 };

/** How many entries a page argument asks for when the document leaves it to a variable. */
const PAGE_UNKNOWN = PAGE_SIZE_MAX;

function requireWithin(limit: keyof typeof DOCUMENT_LIMITS, value: number): void {
  const max = DOCUMENT_LIMITS[limit];
  if (value <= max) return;
  throw new PlatformError('QUERY_TOO_COMPLEX', { limit, reason: `${limit} is more than ${max}` });
}

const isConnection = (field: FieldNode): boolean =>
  field.selectionSet?.selections.some(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === 'edges',
  ) ?? false;

/** The size of the page that a field asks for; 1 where it is no connection. */
function pageSize(field: FieldNode): number {
  const page = field.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last');
  if (page === undefined) return isConnection(field) ? PAGE_SIZE_DEFAULT : 1;
  if (page.value.kind !== Kind.INT) return PAGE_UNKNOWN;
  return Math.max(1, Number(page.value.value));
}

class Meter {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Measure>();

  constructor(document: DocumentNode) {
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  operation(operation: OperationDefinitionNode): Measure {
    const whole = this.#set(operation.selectionSet, 1);
    return { ...whole, directives: whole.directives + directivesOf(operation) };
  }

  #set(set: SelectionSetNode, depth: number): Measure {
    requireWithin('depth', depth);
    requireWithin('width', set.selections.length);
    let sum = NOTHING;
    for (const selection of set.selections) {
      const part =
        selection.kind === Kind.FIELD
          ? this.#field(selection, depth)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? this.#set(selection.selectionSet, depth)
            : this.#fragment(selection.name.value);
      sum = {
        depth: Math.max(sum.depth, part.depth),
        aliases: sum.aliases + part.aliases,
        directives: sum.directives + part.directives + directivesOf(selection),
        cost: sum.cost + part.cost,
      };
      requireWithin('aliases', sum.aliases);
      requireWithin('directives', sum.directives);
      requireWithin('cost', sum.cost);
    }
    return sum;
  }

  #field(field: FieldNode, depth: number): Measure {
    const inner =
      field.selectionSet === undefined ? NOTHING : this.#set(field.selectionSet, depth + 1);
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + (field.alias === undefined ? 0 : 1),
      directives: inner.directives,
      cost: (COSTS.get(field.name.value) ?? 1) + inner.cost * pageSize(field),
    };
  }

  /** A fragment that is unknown, or contains itself, measures nothing: validation refuses it. */
  #fragment(name: string): Measure {
    const known = this.#measured.get(name);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return NOTHING;
    this.#measured.set(name, NOTHING);
    const measure = this.#set(fragment.selectionSet, 1);
    this.#measured.set(name, measure);
    return measure;
  }
}

function directivesOf(node: { readonly directives?: readonly unknown[] }): number {
  const count = node.directives?.length ?? 0;
  requireWithin('directivesAtOnce', count);
  return count;
}

/** @throws QUERY_TOO_COMPLEX naming the limit that the document exceeds. */
export function requireWithinLimits(document: DocumentNode): void {
  const operations = document.definitions.filter(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  requireWithin('operations', operations.length);
  const meter = new Meter(document);
  for (const operation of operations) {
    const measure = meter.operation(operation);
    requireWithin('depth', measure.depth);
    requireWithin('directives', measure.directives);
  }
}

/**
 * Parses within the limit of tokens and holds the document to the others.
 * @throws QUERY_TOO_COMPLEX, and graphql-js's own GraphQLError for a syntax error.
 */
export function parseWithinLimits(text: string): DocumentNode {
  const document = parse(text, { maxTokens: TOKENS_MAX });
  requireWithinLimits(document);
  return document;
}
