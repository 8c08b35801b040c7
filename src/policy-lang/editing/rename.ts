/** Renames a rule, a let or an import everywhere in a bundle. */
import type { Span } from '#policy-lang/diagnostics.ts';
import { GROUP_FILE } from '#policy-lang/imports/check-imports.ts';
import { isReservedName, isWritableName } from './name-spelling.ts';
import type { EditedBundle } from './edited-bundle.ts';
import type { NamePlace } from './names.ts';

export type TextEdit = { readonly span: Span; readonly text: string };

export type Renaming =
  | { readonly ok: true; readonly edits: readonly TextEdit[] }
  | { readonly ok: false; readonly message: string };

/** Why this name cannot have another one, or undefined where it can. */
export const keepsName = (place: NamePlace): string | undefined =>
  place.kind === 'group'
    ? `A group has the name that it has in ${GROUP_FILE}: change it there.`
    : undefined;

/**
 * The edits that give the name at `place` another one. Nothing changes where the new name is taken,
 * reserved, or not written as names are: a bundle means the same before and after.
 */
export function rename(bundle: EditedBundle, place: NamePlace, name: string): Renaming {
  const kept = keepsName(place);
  if (kept !== undefined) return { ok: false, message: kept };
  if (!isWritableName(name)) {
    const message = `"${name}" is not a name: write lower case, digits and hyphens, as in daily-limit.`;
    return { ok: false, message };
  }
  if (isReservedName(name, place.kind)) {
    return { ok: false, message: `"${name}" is a word of the language.` };
  }
  const taken = bundle.definitions.get(name);
  if (taken !== undefined && name !== place.name) {
    return { ok: false, message: `There is already a ${taken} called ${name}.` };
  }
  const edits = bundle.placesOf(place).map(({ span }) => ({ span, text: name }));
  return { ok: true, edits };
}
