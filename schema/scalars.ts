/**
 * The scalars. Each has exactly one spelling on the wire, and says what is wrong with any other: a
 * refused value reaches the client as INVALID_INPUT with the field, the reason and a hint.
 */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { parseBase64url, parseHex } from '#core/bytes.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { parseUnits } from '#core/money.ts';
import { type Instant, formatInstant, instant, parseInstant } from '#core/time.ts';

/** graphql-js keeps the extensions of a GraphQLError, and of no other, when it wraps one. */
function asGraphQL<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    throw new GraphQLError(error.message, {
      extensions: { code: error.code, ...error.context },
      originalError: error,
    });
  }
}

function refuse(field: string, reason: string, hint: string): never {
  return asGraphQL(() => {
    throw invalidInput(field, reason, hint);
  });
}

/** A scalar whose wire form is a JSON string; numbers and booleans in its place are refused. */
function textScalar<Internal>(config: {
  name: string;
  description: string;
  specifiedByURL?: string;
  parse: (text: string) => Internal;
  print: (value: Internal) => string;
}): GraphQLScalarType<Internal, string> {
  const { name } = config;
  const fromText = (value: unknown): Internal => {
    if (typeof value !== 'string') return refuse(name, 'not a string', 'Put it in quotes.');
    return asGraphQL(() => config.parse(value));
  };
  return new GraphQLScalarType<Internal, string>({
    name,
    description: config.description,
    ...(config.specifiedByURL === undefined ? {} : { specifiedByURL: config.specifiedByURL }),
    serialize: (value) => config.print(value as Internal),
    parseValue: fromText,
    parseLiteral: (node) => fromText(node.kind === Kind.STRING ? node.value : undefined),
  });
}

export const DateTimeScalar = textScalar<Instant>({
  name: 'DateTime',
  description: 'An instant in UTC as RFC 3339 with milliseconds, e.g. `2026-07-01T09:30:00.000Z`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  parse: (text) => parseInstant(text),
  print: (value: Instant | Date) => formatInstant(instant(Number(value))),
});

export const BaseUnitsScalar = textScalar<bigint>({
  name: 'BaseUnits',
  description:
    'A whole number of base units of an asset as decimal digits in a string, e.g. `"50000000000"` ' +
    'for 50,000 USDC with 6 decimals. No sign, no point, no exponent.',
  parse: (text) => parseUnits(text),
  print: String,
});

export const HexScalar = textScalar<string>({
  name: 'Hex',
  description: 'Bytes as lower-case hexadecimal, two digits each, without a prefix.',
  parse: (text) => {
    parseHex(text);
    return text;
  },
  print: String,
});

export const Base64URLScalar = textScalar<string>({
  name: 'Base64URL',
  description: 'Bytes as base64url (RFC 4648 section 5) without padding.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc4648#section-5',
  parse: (text) => {
    parseBase64url(text);
    return text;
  },
  print: String,
});

/** How deep a JSON value may nest: a WebAuthn credential needs four levels. */
const JSON_DEPTH_MAX = 16;
/** How many values it may hold in all: the largest policy bundle has a few hundred. */
const JSON_VALUES_MAX = 10_000;

function literalJson(node: ValueNode, variables: unknown, depth: number): unknown {
  if (depth > JSON_DEPTH_MAX) {
    return refuse('JSON', `nested deeper than ${JSON_DEPTH_MAX} levels`, 'Flatten the value.');
  }
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map((value) => literalJson(value, variables, depth + 1));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [
          field.name.value,
          literalJson(field.value, variables, depth + 1),
        ]),
      );
    default:
      return (variables as Record<string, unknown> | undefined)?.[node.name.value];
  }
}

/** Looks at every level without recursion, so that depth cannot exhaust the stack. */
function requirePlain(value: unknown): unknown {
  let level: readonly unknown[] = [value];
  let count = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > JSON_DEPTH_MAX) {
      return refuse('JSON', `nested deeper than ${JSON_DEPTH_MAX} levels`, 'Flatten the value.');
    }
    level = level.flatMap((item) => {
      if (typeof item !== 'object' || item === null) return [];
      if (Object.hasOwn(item, '__proto__')) {
        return refuse('JSON', 'a key named __proto__', 'Leave it out.');
      }
      const values = Object.values(item) as unknown[];
      count += values.length;
      if (count > JSON_VALUES_MAX) {
        return refuse('JSON', `more than ${JSON_VALUES_MAX} values`, 'Send less at once.');
      }
      return values;
    });
  }
  return value;
}

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description:
    'A JSON value whose shape another standard fixes: WebAuthn options and credentials as in the ' +
    'browser API (`toJSON()`), and the input of the mutation that a user action will sign.',
  serialize: (value) => value,
  parseValue: requirePlain,
  parseLiteral: (node, variables) => literalJson(node, variables, 0),
});
