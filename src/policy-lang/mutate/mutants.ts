/**
 * Small mistakes that an author could have made: a limit twice as high or one step off, `>` for `>=`,
 * `and` for `or`, a condition or a `not` left out, another quorum, a rule or a row forgotten. A
 * policy's tests should notice each of them.
 */
import { type CstElement, type CstNode, type IToken } from 'chevrotain';
import { formatDecimal } from '#core/money.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import type { Fix, Span } from '#policy-lang/diagnostics.ts';
import { parseTree } from '#policy-lang/syntax/parse.ts';
import { CURRENCIES } from '#policy-lang/checking/scope.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

/** What was done, as a sentence, and the change of the file that does it. */
export type Mutant = { readonly kind: MutantKind; readonly message: string; readonly change: Fix };

export type MutantKind = 'limit' | 'operator' | 'condition' | 'quorum' | 'rule';

/** Every mutant of a policy file, in the order of the file. Empty where it has a syntax error. */
export function mutantsOf({ path, content }: BundleFile): readonly Mutant[] {
  const source = new SourceText(path, content);
  const { file, diagnostics } = parseTree(source);
  if (file === undefined || diagnostics.length > 0) return [];
  const finder = new MutantFinder(source);
  for (const item of file.children.item ?? []) {
    const { rule = [], letting = [], table = [] } = item.children;
    for (const node of [...rule, ...letting, ...table]) finder.visit(node);
  }
  return finder.found.toSorted(
    (left, right) => left.change.span.start.offset - right.change.span.start.offset,
  );
}

const SIGNS: Readonly<Record<string, string>> = { '>': '>=', '>=': '>', '<': '<=', '<=': '<' };

const isNode = (element: CstElement): element is CstNode => 'children' in element;

class MutantFinder {
  readonly found: Mutant[] = [];
  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
  }

  visit(node: CstNode): void {
    this.#mutate(node);
    for (const children of Object.values(node.children)) {
      for (const child of children) {
        if (isNode(child)) this.visit(child);
      }
    }
  }

  #mutate(node: CstNode): void {
    switch (node.name) {
      case 'rule':
      case 'row':
        this.#remove(node);
        return;
      case 'condition':
        this.#mutateCondition(node);
        return;
      case 'unary':
        this.#dropNot(node);
        return;
      case 'comparison':
      case 'relation':
        this.#mutateComparison(node);
        return;
      case 'amount':
        this.#mutateAmount(node);
        return;
      case 'quorum':
        this.#mutateQuorum(node);
        return;
      default:
    }
  }

  #remove(node: CstNode): void {
    const [name] = this.#tokens(node, 'Name');
    const what = name === undefined ? 'this row' : `the rule ${name.image}`;
    this.#add('rule', this.#spanOf(node), '', `Without ${what}`);
  }

  #mutateCondition(node: CstNode): void {
    const operators = this.#tokens(node, 'operator');
    const [first] = operators;
    if (first === undefined) return;
    const parts = (node.children['unary'] ?? []).filter(isNode).map((part) => this.#textOf(part));
    const span = this.#spanOf(node);
    const other = first.image === 'and' ? 'or' : 'and';
    const swapped = `With "${other}" for "${first.image}"`;
    this.#add('operator', span, parts.join(` ${other} `), swapped);
    for (const [index, part] of parts.entries()) {
      const rest = parts.toSpliced(index, 1).join(` ${first.image} `);
      this.#add('condition', span, rest, `Without ${part}`);
    }
  }

  #dropNot(node: CstNode): void {
    const [word] = this.#tokens(node, 'Keyword_not');
    const [part] = (node.children['unary'] ?? []).filter(isNode);
    if (word === undefined || part === undefined) return;
    const text = this.#textOf(part);
    this.#add('operator', this.#spanOf(node), text, `Without "not" before ${text}`);
  }

  #mutateComparison(node: CstNode): void {
    const [sign] = this.#tokens(node, 'Sign');
    const other = sign && SIGNS[sign.image];
    if (sign !== undefined && other !== undefined) {
      this.#add('operator', this.#tokenSpan(sign), other, `With "${other}" for "${sign.image}"`);
    }
    const [negation] = this.#tokens(node, 'Keyword_not');
    if (negation !== undefined) {
      this.#add('operator', this.#tokenSpan(negation), '', 'Without "not"');
      return;
    }
    const [within] = this.#tokens(node, 'Keyword_in');
    const [is] = this.#tokens(node, 'Keyword_is');
    if (within !== undefined) {
      this.#add('operator', this.#tokenSpan(within), 'not in', 'With "not in" for "in"');
    }
    if (is !== undefined) {
      this.#add('operator', this.#tokenSpan(is), 'is not', 'With "is not" for "is"');
    }
  }

  #mutateAmount(node: CstNode): void {
    const [number] = this.#tokens(node, 'Numeral');
    const [unit] = this.#tokens(node, 'Symbol');
    if (number === undefined) return;
    const [integer = '', fraction = ''] = number.image.replaceAll(',', '').split('.');
    const isFiat = unit !== undefined && CURRENCIES.includes(unit.image);
    const decimals = Math.max(fraction.length, isFiat ? 2 : 0);
    if (!/^\d{1,60}$/.test(integer) || !/^\d*$/.test(fraction)) return;
    const scaled = BigInt(integer + fraction.padEnd(decimals, '0'));
    const behind = unit === undefined ? '' : ` ${unit.image}`;
    for (const value of new Set([scaled + 1n, scaled * 2n])) {
      const text = formatDecimal(value, decimals);
      const message = `With ${text}${behind} for ${number.image}${behind}`;
      this.#add('limit', this.#tokenSpan(number), text, message);
    }
  }

  #mutateQuorum(node: CstNode): void {
    const [number] = this.#tokens(node, 'Numeral');
    const [group] = this.#tokens(node, 'Name');
    if (number === undefined || group === undefined || !/^\d{1,3}$/.test(number.image)) return;
    const count = Number(number.image);
    for (const other of [count - 1, count + 1].filter((value) => value > 0)) {
      const message = `With ${other} of ${group.image} for ${count} of ${group.image}`;
      this.#add('quorum', this.#tokenSpan(number), String(other), message);
    }
  }

  #add(kind: MutantKind, span: Span, text: string, message: string): void {
    const before = this.#source.text.slice(span.start.offset, span.end.offset);
    const plain = message.replace(/\s+/g, ' ');
    this.found.push({ kind, message: `${plain}.`, change: { span, before, text } });
  }

  #tokens(node: CstNode, label: string): readonly IToken[] {
    return (node.children[label] ?? []).filter((child): child is IToken => !isNode(child));
  }

  #tokenSpan({ startOffset, image }: IToken): Span {
    return this.#source.span(startOffset, startOffset + image.length);
  }

  #spanOf({ location }: CstNode): Span {
    const { startOffset = 0, endOffset = 0 } = location ?? {};
    return this.#source.span(startOffset, endOffset + 1);
  }

  #textOf(node: CstNode): string {
    const { start, end } = this.#spanOf(node);
    return this.#source.text.slice(start.offset, end.offset);
  }
}
