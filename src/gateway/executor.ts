/**
 * Runs operations. A document that comes back is compiled (graphql-jit); the first time it runs
 * through graphql-js, so that a flood of documents that never return costs no compilation. Variables
 * are always coerced by graphql-js first: it names the refused value, the compiler does not.
 */
import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  Source,
  type SourceLocation,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { RecentlyUsed } from './recently-used.ts';

export type Operation = {
  readonly document: DocumentNode;
  /** The text that the document was parsed from. */
  readonly source: string;
  readonly operationName?: string | undefined;
  readonly variables?: { readonly [name: string]: unknown } | undefined;
  readonly context: unknown;
};

export type Executor = (operation: Operation) => Promise<ExecutionResult>;

const COMPILED_MAX = 500;

/** What is known of a document: seen once, compiled, or beyond the compiler. */
type Compilation = CompiledQuery | 'seen' | 'interpreted';

export function createExecutor(schema: GraphQLSchema): Executor {
  const compilations = new RecentlyUsed<Compilation>(COMPILED_MAX);

  function compilation(operation: Operation): Compilation {
    const key = `${operation.operationName ?? ''}\n${operation.source}`;
    const known = compilations.get(key);
    if (known === undefined) {
      compilations.set(key, 'seen');
      return 'seen';
    }
    if (known !== 'seen') return known;
    const next = compile(schema, operation);
    compilations.set(key, next);
    return next;
  }

  return async (operation) => {
    const { document, operationName, variables, context } = operation;
    const definition = getOperationAST(document, operationName);
    const how = definition ? compilation(operation) : 'interpreted';
    if (!definition || typeof how === 'string') {
      return execute({
        schema,
        document,
        contextValue: context,
        ...(operationName === undefined ? {} : { operationName }),
        ...(variables === undefined ? {} : { variableValues: variables }),
      });
    }
    const coerced = getVariableValues(schema, definition.variableDefinitions ?? [], {
      ...variables,
    });
    if (coerced.errors !== undefined) return { errors: coerced.errors };
    return withGenuineErrors(
      await how.query(undefined, context, variables ?? {}),
      operation.source,
    );
  };
}

function compile(schema: GraphQLSchema, { document, operationName }: Operation): Compilation {
  if (hasVariableInScalar(schema, document)) return 'interpreted';
  const compiled = compileQuery(schema, document, operationName);
  return isCompiledQuery(compiled) ? compiled : 'interpreted';
}

/**
 * Whether a variable stands inside a literal of a scalar, as in `json(value: { a: $v })`. The compiler
 * loses its value there without a word.
 */
function hasVariableInScalar(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let isFound = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Variable() {
        // Inside a scalar there are no input types.
        isFound ||= !types.getInputType();
      },
    }),
  );
  return isFound;
}

/** The compiler's errors lack what graphql-js promises of its own, such as their extensions. */
function withGenuineErrors(result: ExecutionResult, text: string): ExecutionResult {
  if (result.errors === undefined) return result;
  const source = new Source(text);
  const errors = result.errors.map(
    ({ message, path, locations, originalError }) =>
      new GraphQLError(message, {
        path,
        originalError,
        ...(locations === undefined ? {} : { source, positions: locations.map(positionIn(text)) }),
      }),
  );
  return { ...result, errors };
}

/** The offset of a line and column, both from 1, in the text of a document. */
function positionIn(text: string): (place: SourceLocation) => number {
  const starts = [0, ...[...text.matchAll(/\r\n|[\n\r]/g)].map((end) => end.index + end[0].length)];
  return ({ line, column }) => (starts[line - 1] ?? 0) + column - 1;
}
