/** The native bindings of the package, without the fallback that its main file has. */
declare module 'secp256k1/bindings.js' {
  const bindings: typeof import('secp256k1');
  export default bindings;
}

/** The package's functions around an addon that somebody else has loaded. */
declare module 'secp256k1/lib/index.js' {
  const functionsOf: (addon: object) => typeof import('secp256k1');
  export default functionsOf;
}
