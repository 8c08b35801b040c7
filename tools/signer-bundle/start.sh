#!/bin/sh
# Starts a signer node from its bundle: no core dumps, no options from the environment, no debugger, no
# code made out of strings. The node refuses to start any other way.
ulimit -c 0
unset NODE_OPTIONS
exec "${NODE:-node}" --disable-sigusr1 --disallow-code-generation-from-strings \
  "$(dirname "$0")/signer.mjs"
