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
  type GraphQLSchema,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';

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

/** A map that forgets what was not asked for the longest. */
export class RecentlyUsed<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

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
    const compiled = compileQuery(schema, operation.document, operation.operationName);
    const next = isCompiledQuery(compiled) ? compiled : 'interpreted';
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
    return how.query(undefined, context, variables ?? {});
  };
}
