/**
 * A table is a rule for each of its rows: each cell completes the comparison that its column begins.
 * The order of rows decides nothing, as everywhere.
 */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { checkRule } from './check-rule.ts';
import type { CheckedRule } from './checked-policy.ts';
import { type Atom, atomsOf } from './condition.ts';
import { FIELDS } from './fields.ts';
import { MAX_ROWS } from '#policy-lang/syntax/limits.ts';
import { optional } from '#policy-lang/optional.ts';
import type { Scope } from './scope.ts';
import type {
  Cell,
  Clause,
  Column,
  Comparison,
  Expression,
  Operand,
  Row,
  Rule,
  SetPart,
  Table,
  Written,
} from '#policy-lang/syntax/syntax.ts';

type FieldColumn = Extract<Column, { kind: 'field' }>;

/** The rules of its rows, `NAME/1` and so on; rows that are wrong are reported and left out. */
export function checkTable(scope: Scope, table: Table): readonly CheckedRule[] {
  if (!checkShape(scope, table) || !checkColumns(scope, table)) return [];
  return table.rows.flatMap((row, index) => {
    const number = index + 1;
    const rule = ruleOf(scope, table, row, number);
    const checked = rule && checkRule(scope, rule);
    return checked === undefined
      ? []
      : [{ ...checked, table: { id: table.name.text, row: number } }];
  });
}

/** The ids of a table's rules, right or wrong. */
export const rowNames = ({ name, rows }: Table): readonly string[] =>
  rows.map((_, index) => `${name.text}/${index + 1}`);

function checkShape(scope: Scope, { name, rows, columns, clauses }: Table): boolean {
  if (rows.length === 0) {
    const hint = 'Write a row: row | ... | allow |.';
    scope.report.add('MISSING_PART', name.span, `The table ${name.text} has no row.`, hint);
    return false;
  }
  if (rows.length > MAX_ROWS) {
    const message = `The table ${name.text} has more than ${MAX_ROWS} rows.`;
    scope.report.add('POLICY_TOO_LARGE', name.span, message, 'Split it, or use lists.');
    return false;
  }
  const then = clauses.find(({ kind }) => kind === 'then');
  if (then !== undefined) {
    const message = 'Each row of a table says its own "then".';
    reportMismatch(scope, then.span, message, 'Write it into the rows.');
    return false;
  }
  const effects = columns.filter(({ kind }) => kind === 'then');
  if (effects.length !== 1) {
    const message = `The table ${name.text} has ${effects.length === 0 ? 'no' : 'more than one'} column "then".`;
    const hint = 'Write columns | ... | then |.';
    scope.report.add('MISSING_PART', name.span, message, hint);
    return false;
  }
  const uneven = rows.find(({ cells }) => cells.length !== columns.length);
  if (uneven === undefined) return true;
  const message = `The row has ${uneven.cells.length} cells, the table ${columns.length} columns.`;
  scope.report.add('MISSING_PART', uneven.span, message, 'Write "any" where nothing is asked.');
  return false;
}

function checkColumns(scope: Scope, { columns }: Table): boolean {
  let sound = true;
  const because = columns.filter(({ kind }) => kind === 'because');
  if (because[1] !== undefined) {
    sound = false;
    scope.report.add('DUPLICATE', because[1].span, 'There are two columns "because".', 'Keep one.');
  }
  for (const column of columns) {
    if (column.kind !== 'field' || column.left.kind !== 'path') continue;
    const { text, span } = column.left;
    if (FIELDS.has(text)) continue;
    sound = false;
    reportUnknown(scope, { text, span }, `There is no field "${text}".`, FIELDS.keys());
  }
  return sound;
}

/** The rule that a row stands for, or undefined where a cell does not fit its column. */
function ruleOf(scope: Scope, table: Table, row: Row, number: number): Rule | undefined {
  const parts: Expression[] = [];
  const clauses: Clause[] = [];
  for (const [index, column] of table.columns.entries()) {
    const cell = row.cells[index];
    if (cell === undefined) return undefined;
    if (column.kind === 'field') {
      if (cell.kind === 'any') continue;
      const part = partOf(scope, column, cell);
      if (part === undefined) return undefined;
      parts.push(part);
      continue;
    }
    const clause = clauseOf(scope, column.kind, cell);
    if (clause === undefined) return undefined;
    if (clause !== 'none') clauses.push(clause);
  }
  const name: Written = { text: `${table.name.text}/${number}`, span: row.span };
  const title = table.title && {
    text: `${table.title.text}, row ${number}`,
    span: table.title.span,
  };
  return {
    kind: 'rule',
    span: row.span,
    name,
    ...optional('title', title),
    clauses: [...withoutWhen(table, clauses), whenOf(table, row, parts), ...clauses],
  };
}

/** The shared clauses; a row's own `because` takes the place of the table's. */
const withoutWhen = ({ clauses }: Table, own: readonly Clause[]): readonly Clause[] =>
  clauses.filter(
    ({ kind }) =>
      kind !== 'when' && !(kind === 'because' && own.some((clause) => clause.kind === 'because')),
  );

function whenOf(table: Table, { span }: Row, cells: readonly Expression[]): Clause {
  const shared = table.clauses.flatMap((clause) =>
    clause.kind === 'when' ? clause.condition : [],
  );
  const parts = [...shared, ...cells];
  const [only, ...more] = parts;
  if (only === undefined) return { kind: 'when', condition: { kind: 'always', span }, span };
  if (more.length === 0) return { kind: 'when', condition: only, span };
  return { kind: 'when', condition: { kind: 'and', parts, span }, span };
}

function clauseOf(scope: Scope, kind: 'then' | 'because', cell: Cell): Clause | 'none' | undefined {
  const { span } = cell;
  if (kind === 'then') {
    if (cell.kind === 'effect') return { kind, effect: cell.effect, span };
    const hint = 'Write allow, block, require approval or flag.';
    reportMismatch(scope, span, 'Here must stand what happens.', hint);
    return undefined;
  }
  if (cell.kind === 'any') return 'none';
  if (cell.kind === 'operand' && cell.operand.kind === 'text') {
    return { kind, text: cell.operand.value, span };
  }
  reportMismatch(scope, span, 'A reason is a text in quotes.', 'Write "...".');
  return undefined;
}

function partOf(scope: Scope, column: FieldColumn, cell: Cell): Expression | undefined {
  const { relation, left } = column;
  const { span } = cell;
  const predicate = (comparison: Comparison): Expression => ({
    kind: 'predicate',
    left,
    comparison,
    span,
  });
  if (relation === undefined) return plainPart(scope, column, cell, predicate);
  const operand = cell.kind === 'operand' ? cell.operand : undefined;
  switch (relation.kind) {
    case 'sign':
      if (operand === undefined) break;
      return predicate({ kind: 'sign', sign: relation.sign, right: operand, span });
    case 'is':
      if (operand === undefined) break;
      return predicate({ kind: 'is', negated: relation.negated, right: operand, span });
    case 'in': {
      const set = setOf(cell);
      if (set === undefined) break;
      return predicate({ kind: 'in', negated: relation.negated, set, span });
    }
    case 'has any of':
    case 'has all of': {
      const set = setOf(cell);
      if (set === undefined) break;
      return predicate({ kind: relation.kind, set, span });
    }
    case 'within':
      if (cell.kind !== 'hours') break;
      return predicate({ kind: 'within', hours: cell.hours, span });
    default:
      if (operand?.kind !== 'text') break;
      return predicate(
        relation.kind === 'tagged'
          ? { kind: 'tagged', tag: operand.value, span }
          : { kind: 'has role', role: operand.value, span },
      );
  }
  return unfit(scope, cell, relation.kind === 'sign' ? relation.sign : relation.kind);
}

/** A column without a relation: the cell says by itself how it compares. */
function plainPart(
  scope: Scope,
  column: FieldColumn,
  cell: Cell,
  predicate: (comparison: Comparison) => Expression,
): Expression | undefined {
  const { span } = cell;
  switch (cell.kind) {
    case 'bounds': {
      const parts = cell.bounds.map(({ sign, limit }) =>
        predicate({ kind: 'sign', sign, right: limit, span }),
      );
      const [only, ...more] = parts;
      return more.length === 0 ? only : { kind: 'and', parts, span };
    }
    case 'hours':
      return predicate({ kind: 'within', hours: cell.hours, span });
    case 'list':
      return predicate({ kind: 'in', negated: false, set: cell.set, span });
    case 'operand':
      return operandPart(scope, column, cell.operand, predicate);
    default:
      return unfit(scope, cell, 'is');
  }
}

function operandPart(
  scope: Scope,
  { left }: FieldColumn,
  operand: Operand,
  predicate: (comparison: Comparison) => Expression,
): Expression | undefined {
  const { span } = operand;
  if (operand.kind !== 'path' || operand.argument !== undefined) {
    return predicate({ kind: 'is', negated: false, right: operand, span });
  }
  if (!scope.lets.has(operand.text)) {
    return predicate({ kind: 'in', negated: false, set: namedSet(operand), span });
  }
  const { condition } = scope.lets.resolve(scope, operand.text);
  const field = left.kind === 'path' ? left.text : '';
  const others = condition && [...atomsOf(condition)].filter((atom) => fieldOf(atom) !== field);
  if (others === undefined || others.length === 0) {
    return { kind: 'predicate', left: operand, span };
  }
  const message = `The definition ${operand.text} speaks of more than "${field}".`;
  reportMismatch(scope, span, message, 'Use it in the "when" of the table.');
  return undefined;
}

/** The field that an atom compares, as an author writes it in a column. */
function fieldOf(atom: Atom): string {
  if ('field' in atom) return atom.field.path;
  const names = {
    'wallet-tagged': 'wallet',
    'recipient-in': 'recipient',
    'asset-in': 'asset',
    within: 'time',
    'in-group': 'initiator',
  } as const;
  return atom.kind in names ? names[atom.kind as keyof typeof names] : atom.kind;
}

const namedSet = (path: { readonly text: string; readonly span: SetPart['span'] }): SetPart => ({
  kind: 'named',
  name: { text: path.text, span: path.span },
  span: path.span,
});

/** A list, by name or in brackets; one element alone counts as a list of it. */
function setOf(cell: Cell): SetPart | undefined {
  if (cell.kind === 'list') return cell.set;
  if (cell.kind !== 'operand') return undefined;
  const { operand, span } = cell;
  if (operand.kind === 'path' && operand.argument === undefined) return namedSet(operand);
  return { kind: 'listed', elements: [operand], span };
}

function unfit(scope: Scope, { span }: Cell, relation: string): undefined {
  const message = `The cell does not complete the comparison "${relation}" of its column.`;
  const hint = 'Write any, a value, a list, or a bound such as up to 10,000 USD.';
  reportMismatch(scope, span, message, hint);
  return undefined;
}
