#!/bin/sh
# Starts a signer node from its bundle: no core dumps, no options from the environment, no debugger, no
# code made out of strings. The node refuses to start any other way.
ulimit -c 0
unset NODE_OPTIONS
# A secret of the environment goes on in an open file, so that nobody finds it in /proc.
if [ -n "${SIGNER_SEALING_KEY:-}" ]; then
  exec 3<<KEY
$SIGNER_SEALING_KEY
KEY
  unset SIGNER_SEALING_KEY
  export SIGNER_SEALING_FD=3
fi
exec "${NODE:-node}" --disable-sigusr1 --disallow-code-generation-from-strings \
  "$(dirname "$0")/signer.mjs"
