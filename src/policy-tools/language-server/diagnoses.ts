/** Tells the editor what is wrong with a bundle, once its author has paused. */
import { DiagnosticSeverity, type PublishDiagnosticsParams } from 'vscode-languageserver';
import type { Diagnostic } from '#policy-lang/diagnostics.ts';
import type { OpenBundles } from './open-bundles.ts';
import { toRange, uriOf } from './places.ts';

/** Long enough to type the next letter, short enough to be felt as at once. */
const PAUSE_MS = 120;

type Publish = (report: PublishDiagnosticsParams) => Promise<void>;

export class Diagnoses {
  readonly #bundles: OpenBundles;
  readonly #publish: Publish;
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** Files that were told of a fault: they are told when it is gone. */
  readonly #told = new Set<string>();

  constructor(bundles: OpenBundles, publish: Publish) {
    this.#bundles = bundles;
    this.#publish = publish;
  }

  /** After a change of a document: its bundle is looked at again. */
  ask(uri: string): void {
    clearTimeout(this.#waiting.get(uri));
    const timer = setTimeout(() => {
      this.#waiting.delete(uri);
      void this.#tell(uri);
    }, PAUSE_MS);
    this.#waiting.set(uri, timer);
  }

  /** A document that is closed has no faults to show. */
  close(uri: string): void {
    clearTimeout(this.#waiting.get(uri));
    this.#waiting.delete(uri);
    if (this.#told.delete(uri)) void this.#publish({ uri, diagnostics: [] });
  }

  stop(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  async #tell(uri: string): Promise<void> {
    const found = await this.#bundles.of(uri);
    if (found === undefined) return;
    const { bundle, root } = found;
    const byPath = Map.groupBy(bundle.compilation.diagnostics, ({ span }) => span.path);
    for (const path of bundle.sources.keys()) {
      const file = uriOf(root, path);
      const faults = byPath.get(path) ?? [];
      if (faults.length === 0 && !this.#told.has(file) && file !== uri) continue;
      if (faults.length > 0) this.#told.add(file);
      else this.#told.delete(file);
      await this.#publish({ uri: file, diagnostics: faults.map(shown) });
    }
  }
}

/** A fault with its suggestion, as editors show it. */
const shown = ({ code, severity, message, hint, span }: Diagnostic) => ({
  range: toRange(span),
  severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
  code,
  source: 'countersign',
  message: hint === undefined ? message : `${message} ${hint}`,
});
