// The registry we lock against may not carry every platform's binary package; npm then leaves those optional
// entries out of the lock file and `npm ci` refuses it. Add them back (version + os/cpu, no integrity).
import fs from 'node:fs';
const f = 'package-lock.json',
  L = JSON.parse(fs.readFileSync(f, 'utf8')),
  P = L.packages;
let n = 0;
const OS = {
  darwin: 'darwin',
  linux: 'linux',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  android: 'android',
  openharmony: 'openharmony',
  sunos: 'sunos',
  aix: 'aix',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  wasm32: 'wasm32',
  wasi: 'wasi',
};
const CPU = {
  x64: 'x64',
  amd64: 'x64',
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  armv7: 'arm',
  armeabi: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
};
for (const [k, v] of Object.entries(P))
  for (const [d, r] of Object.entries(v.optionalDependencies ?? {})) {
    let dir = k,
      hit = false;
    for (;;) {
      if (P[(dir ? dir + '/' : '') + 'node_modules/' + d]) {
        hit = true;
        break;
      }
      if (!dir) break;
      const i = dir.lastIndexOf('node_modules/');
      dir = i > 0 ? dir.slice(0, i - 1) : '';
    }
    if (hit) continue;
    const t = d.split(/[-/@_]/);
    const os = t.map((x) => OS[x]).find(Boolean),
      cpu = t.map((x) => CPU[x]).find(Boolean);
    const spec = r.startsWith('npm:') ? r.slice(r.lastIndexOf('@') + 1) : r;
    if (!os && !cpu) {
      console.log('skip (no platform in name)', k, '→', d, r);
      continue;
    }
    P['node_modules/' + d] = {
      version: spec.replace(/^[\^~>=]+/, ''),
      ...(r.startsWith('npm:') ? { name: r.slice(4, r.lastIndexOf('@')) } : {}),
      cpu: [cpu ?? 'none'],
      optional: true,
      os: [os ?? 'none'],
      ...(k && v.dev ? { dev: true } : {}),
    };
    n++;
  }
fs.writeFileSync(
  f,
  JSON.stringify(
    { ...L, packages: Object.fromEntries(Object.entries(P).sort(([a], [b]) => (a < b ? -1 : 1))) },
    null,
    2,
  ) + '\n',
);
console.log('added', n);
