/** What the compiler says of the text in an editor, and what can be written next. */
import {
  type CompletionContext,
  type CompletionResult,
  autocompletion,
} from '@codemirror/autocomplete';
import { type Diagnostic, linter } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { completions } from '#policy-lang/editing/completion.ts';
import { EditedBundle } from '#policy-lang/editing/edited-bundle.ts';
import { type ShownPrices, hover } from '#policy-lang/editing/hover.ts';
import type { World } from '#policy-lang/world.ts';

export type Assistance = {
  /** The path of the text in its bundle. */
  readonly path: string;
  /** The other files of the bundle: its lists, groups and other policies. */
  readonly others: () => readonly BundleFile[];
  readonly world: World;
  readonly prices: ShownPrices;
};

/** Faults while typing, suggestions and hovers; add it beside `policy()`. */
export function policyAssistance(given: Assistance): Extension {
  const bundleOf = (text: string): EditedBundle =>
    new EditedBundle([...given.others(), { path: given.path, content: text }], given.world);
  return [
    linter(({ state }) => faultsOf(bundleOf(state.doc.toString()), given.path)),
    autocompletion({
      override: [
        (context) => suggestionsAt(bundleOf(context.state.doc.toString()), given.path, context),
      ],
    }),
    hoverTooltip(({ state }, offset) => {
      const found = hover(bundleOf(state.doc.toString()), given.path, offset, given.prices);
      if (found === undefined) return null;
      return {
        pos: found.span.start.offset,
        end: found.span.end.offset,
        create: () => {
          const dom = document.createElement('div');
          dom.textContent = found.text;
          return { dom };
        },
      };
    }),
  ];
}

/** The faults of one file, each with its fix where the compiler knows one. */
export const faultsOf = (bundle: EditedBundle, path: string): readonly Diagnostic[] =>
  bundle.compilation.diagnostics
    .filter(({ span }) => span.path === path)
    .map(({ span, severity, message, hint, code, fix }) => ({
      from: span.start.offset,
      to: span.end.offset,
      severity,
      source: code,
      message: hint === undefined ? message : `${message} ${hint}`,
      actions:
        fix === undefined || fix.span.path !== path
          ? []
          : [
              {
                name: 'Fix',
                apply: (view) =>
                  view.dispatch({
                    changes: {
                      from: fix.span.start.offset,
                      to: fix.span.end.offset,
                      insert: fix.text,
                    },
                  }),
              },
            ],
    }));

function suggestionsAt(
  bundle: EditedBundle,
  path: string,
  { pos, explicit }: CompletionContext,
): CompletionResult | null {
  const found = completions(bundle, path, pos);
  const [first] = found;
  if (first === undefined) return null;
  const from = first.span.start.offset;
  if (from === pos && !explicit) return null;
  return {
    from,
    options: found.map(({ text, about, kind }) => ({ label: text, detail: about, type: kind })),
  };
}
