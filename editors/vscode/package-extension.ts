/**
 * Packs the VS Code extension: the client and the language server as one file each, and all of it as
 * `countersign-policy.vsix`, which an editor installs as it is.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Zippable, strToU8, zipSync } from 'fflate';
import { rolldown } from 'rolldown';

const HERE = import.meta.dirname;
/** The first day that a zip can hold: the same sources give the same bytes. */
const FIRST_DAY = new Date(1980, 0, 1);

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly publisher: string;
  readonly displayName: string;
  readonly description: string;
  readonly engines: { readonly vscode: string };
};

/** @returns the path of the package in `folder`, which is made where it is missing */
export async function packExtension(folder: string): Promise<string> {
  const manifest = await readFile(join(HERE, 'manifest.json'), 'utf8');
  const about = JSON.parse(manifest) as Manifest;
  const files: Zippable = {
    'extension.vsixmanifest': strToU8(vsixManifest(about)),
    '[Content_Types].xml': strToU8(CONTENT_TYPES),
    'extension/package.json': strToU8(manifest),
    'extension/language-configuration.json': await readFile(
      join(HERE, 'language-configuration.json'),
    ),
    'extension/README.md': await readFile(join(HERE, 'README.md')),
    'extension/extension.cjs': strToU8(await bundled('extension.ts', 'cjs')),
    'extension/server.mjs': strToU8(await bundled('server.ts', 'esm')),
  };
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${about.name}.vsix`);
  await writeFile(path, zipSync(files, { mtime: FIRST_DAY }));
  return path;
}

/** One file with everything it needs but Node and the editor's own module. */
async function bundled(entry: string, format: 'cjs' | 'esm'): Promise<string> {
  const bundle = await rolldown({
    input: join(HERE, entry),
    platform: 'node',
    external: ['vscode'],
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  const { output } = await bundle.generate({ format, codeSplitting: false, minify: true });
  await bundle.close();
  return output[0].code;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const vsixManifest = (about: Manifest): string => `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${escaped(about.name)}" Version="${escaped(about.version)}" Publisher="${escaped(about.publisher)}"/>
    <DisplayName>${escaped(about.displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(about.description)}</Description>
    <Categories>Programming Languages</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${escaped(about.engines.vscode)}"/>
    </Properties>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
  </Assets>
</PackageManifest>
`;

const CONTENT_TYPES = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".cjs" ContentType="application/javascript"/>
  <Default Extension=".mjs" ContentType="application/javascript"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
`;

if (import.meta.main) {
  const folder = process.argv[2] ?? join(HERE, 'dist');
  process.stdout.write(`${await packExtension(folder)}\n`);
}
