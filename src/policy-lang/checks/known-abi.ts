import { type ArgumentType, STANDARD_TYPES } from '#policy-lang/imports/argument-type.ts';
import type { Arguments, ContractSet } from '#policy-lang/imports/contract-file.ts';
import type { FieldRef } from '#policy-lang/checking/condition.ts';
import { nameAdvice } from '#policy-lang/checking/nearest-name.ts';
import type { Knowledge } from '#policy-lang/checking/place.ts';
import type { Scope } from '#policy-lang/checking/scope.ts';
import type { Written } from '#policy-lang/syntax/syntax.ts';

/** Check 8: a function exists in the imported contracts that the condition names. */
export function requireFunction(scope: Scope, { contracts }: Knowledge, written: Written): boolean {
  if (contracts === undefined || contracts.size === 0) return true;
  const functions = setsOf(scope, contracts).flatMap((set) => [...set.functions.keys()]);
  if (functions.length === 0 || functions.includes(written.text)) return true;
  const message = `The contracts ${[...contracts].join(', ')} have no function "${written.text}".`;
  scope.report.add('BAD_ABI', written.span, message, () => nameAdvice(written, functions));
  return false;
}

/**
 * Check 8: an argument exists in the functions, or a field in the types, that the condition names, and
 * is of one type in all of them. Undefined when it is not: it is reported then.
 */
export function findArgumentType(
  scope: Scope,
  field: FieldRef,
  knowledge: Knowledge,
  name: Written,
): ArgumentType | undefined {
  const isCall = field.path === 'call.arg';
  const candidates = isCall ? functionsOf(scope, knowledge) : typesOf(scope, knowledge);
  if (candidates.length === 0) {
    const what = isCall ? 'contract' : 'type';
    const hint = isCall
      ? 'Write import contracts NAME from "abi/NAME.json", and call.contract in NAME.'
      : 'Name the typed-data.primary-type, and import a file with its "types".';
    const message = `No imported ${what} says what "${name.text}" is.`;
    scope.report.add('BAD_ABI', name.span, message, hint);
    return undefined;
  }
  const types = new Set(candidates.flatMap((candidate) => candidate.get(name.text) ?? []));
  const [type, ...more] = types;
  if (type === undefined) {
    const what = isCall ? 'argument' : 'field';
    const message = `None of the imported contracts has the ${what} "${name.text}" here.`;
    const names = candidates.flatMap((candidate) => [...candidate.keys()]);
    scope.report.add('BAD_ABI', name.span, message, () => nameAdvice(name, new Set(names)));
    return undefined;
  }
  if (more.length === 0 && type !== 'other') return type;
  const [message, hint] =
    type === 'other' && more.length === 0
      ? [`"${name.text}" is a list or a structure, which nothing compares.`, 'Name a part of it.']
      : [`"${name.text}" is of several types: ${[...types].join(', ')}.`, WHICH[field.path]];
  scope.report.add('BAD_ABI', name.span, message, hint);
  return undefined;
}

const WHICH: { readonly [path in FieldRef['path']]?: string } = {
  'call.arg': 'Say which function: call.function is "supply" and ...',
  'typed-data.field': 'Say which type: typed-data.primary-type is "Permit" and ...',
};

/** The contracts of these names, or all that are imported. */
function setsOf(scope: Scope, names: ReadonlySet<string> | undefined): readonly ContractSet[] {
  const all = [...scope.contracts.values()];
  const named = all.filter(({ name }) => names?.has(name) === true);
  return (named.length === 0 ? all : named).map(({ content }) => content);
}

function functionsOf(scope: Scope, { contracts, functions }: Knowledge): readonly Arguments[] {
  return setsOf(scope, contracts).flatMap((set) =>
    [...set.functions].flatMap(([name, overloads]) =>
      functions === undefined || functions.has(name) ? overloads : [],
    ),
  );
}

/** An imported type counts before a standard one of the same name. */
function typesOf(scope: Scope, { contracts, primaryTypes }: Knowledge): readonly Arguments[] {
  const matching = (types: ReadonlyMap<string, Arguments>): readonly Arguments[] =>
    [...types].flatMap(([name, fields]) =>
      primaryTypes === undefined || primaryTypes.has(name) ? [fields] : [],
    );
  const imported = setsOf(scope, contracts).flatMap(({ types }) => matching(types));
  return imported.length > 0 ? imported : matching(STANDARD_TYPES);
}
