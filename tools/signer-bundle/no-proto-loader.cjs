/**
 * Stands in the bundle in the place of `@grpc/proto-loader`, which grpc-js asks for only where somebody
 * serves its own reflective services. With it protobufjs would come, which makes code out of strings.
 */
throw new Error('a signer node loads no protocol definitions');
