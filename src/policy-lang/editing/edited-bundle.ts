/**
 * A bundle while people edit it: its files as they stand in the editor, what the compiler says of
 * them, and where every name stands. Made anew after each change; each part is worked out once, when
 * it is asked for.
 */
import { type BundleFile, isPolicyFile } from '#policy-lang/bundle-files.ts';
import { type Compilation, compileBundle } from '#policy-lang/compile-bundle.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { World } from '#policy-lang/world.ts';
import { type Definitions, type NamePlace, definitionsOf, namesIn } from './names.ts';

export class EditedBundle {
  readonly files: readonly BundleFile[];
  readonly world: World;
  /** Every file by its path, lists and groups included. */
  readonly sources: ReadonlyMap<string, SourceText>;
  #compilation: Compilation | undefined;
  #definitions: Definitions | undefined;
  readonly #names = new Map<string, readonly NamePlace[]>();

  constructor(files: readonly BundleFile[], world: World) {
    this.files = files;
    this.world = world;
    this.sources = new Map(files.map(({ path, content }) => [path, new SourceText(path, content)]));
  }

  get compilation(): Compilation {
    this.#compilation ??= compileBundle(this.files, this.world);
    return this.#compilation;
  }

  get definitions(): Definitions {
    this.#definitions ??= definitionsOf(this.policySources());
    return this.#definitions;
  }

  policySources(): readonly SourceText[] {
    return [...this.sources.values()].filter(({ path }) => isPolicyFile(path));
  }

  /** The names of a policy file; none for other files. */
  namesOf(path: string): readonly NamePlace[] {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const source = this.sources.get(path);
    const names =
      source === undefined || !isPolicyFile(path) ? [] : namesIn(source, this.definitions);
    this.#names.set(path, names);
    return names;
  }

  /** The name that an offset touches; directly behind its last letter counts. */
  nameAt(path: string, offset: number): NamePlace | undefined {
    return this.namesOf(path).find(
      ({ span }) => span.start.offset <= offset && offset <= span.end.offset,
    );
  }

  /** All places of the same name in all files, in the order of files and places. */
  placesOf(name: Pick<NamePlace, 'kind' | 'name'>): readonly NamePlace[] {
    return this.policySources().flatMap(({ path }) =>
      this.namesOf(path).filter((place) => place.kind === name.kind && place.name === name.name),
    );
  }

  definitionOf(name: Pick<NamePlace, 'kind' | 'name'>): NamePlace | undefined {
    return this.placesOf(name).find(({ defines }) => defines);
  }
}
