/**
 * Definitions: `let stable = asset in [...]`. Each is checked once, by itself, when something uses it
 * first, and stands for its condition wherever its name does.
 */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { checkCondition } from './check-condition.ts';
import type { Condition } from './condition.ts';
import { FIELDS } from './fields.ts';
import { MAX_NESTING } from '#policy-lang/syntax/limits.ts';
import { type Use, newPlace } from './place.ts';
import type { Scope } from './scope.ts';
import type { Let } from '#policy-lang/syntax/syntax.ts';
import { isFixedWord } from '#policy-lang/syntax/tokens.ts';

export type CheckedLet = {
  /** Absent when something in it is wrong: it is reported then. */
  readonly condition?: Condition;
  readonly uses: readonly Use[];
};

/** The definitions of a bundle by name. Later ones of the same name are reported and left out. */
export class Definitions {
  readonly #written = new Map<string, Let>();
  readonly #checked = new Map<string, CheckedLet>();
  /** The names that are being checked, from the outside in: to meet one again is a cycle. */
  readonly #open: string[] = [];

  constructor(lets: readonly Let[]) {
    for (const item of lets) {
      if (!this.#written.has(item.name.text)) this.#written.set(item.name.text, item);
    }
  }

  has(name: string): boolean {
    return this.#written.has(name);
  }

  names(): Iterable<string> {
    return this.#written.keys();
  }

  /** The definition's condition with its own `let`s written out. */
  resolve(scope: Scope, name: string): CheckedLet {
    const before = this.#checked.get(name);
    if (before !== undefined) return before;
    const item = this.#written.get(name);
    if (item === undefined) return BROKEN;
    if (this.#open.includes(name)) {
      const way = [...this.#open.slice(this.#open.indexOf(name)), name].join(' uses ');
      const message = `The definition ${name} uses itself: ${way}.`;
      scope.report.add('CYCLE', item.name.span, message, 'Write one of them without the other.');
      return BROKEN;
    }
    if (this.#open.length >= MAX_NESTING) {
      const message = `The definitions use each other more than ${MAX_NESTING} deep here.`;
      const hint = 'Write one of them out.';
      scope.report.add('POLICY_TOO_DEEP', item.name.span, message, hint);
      return BROKEN;
    }
    this.#open.push(name);
    const place = newPlace();
    const condition = checkCondition(scope, item.condition, place);
    this.#open.pop();
    // One use of each field says enough: copies would double with each definition that uses two.
    const uses = [...new Map(place.uses.map((use) => [use.name, use])).values()];
    const checked = { ...(condition && { condition }), uses };
    this.#checked.set(name, checked);
    return checked;
  }
}

const BROKEN: CheckedLet = { uses: [] };

/** Checks every definition, used or not, and its name. */
export function checkLets(scope: Scope, lets: readonly Let[]): void {
  const seen = new Set<string>();
  for (const { name } of lets) {
    if (seen.has(name.text)) {
      const message = `There are two definitions ${name.text}.`;
      scope.report.add('DUPLICATE', name.span, message, 'Choose another name.');
      continue;
    }
    seen.add(name.text);
    if (isFixedWord(name.text)) {
      const message = `A condition cannot begin with the word "${name.text}".`;
      reportMismatch(scope, name.span, message, 'Choose another name.');
    } else if (FIELDS.has(name.text)) {
      const message = `"${name.text}" is a field of the request already.`;
      scope.report.add('DUPLICATE', name.span, message, 'Choose another name.');
    }
    scope.lets.resolve(scope, name.text);
  }
}
