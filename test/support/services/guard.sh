#!/bin/sh
# Ends one service and removes its directory, when its starter says so or dies, however it dies: both close this
# script's standard input, even a SIGKILL.
#
#   guard.sh DIRECTORY SIGNAL
#
# Standard input: lines with the pid of the running service, or "-" while it is stopped; the last one holds.
directory=$1
signal=$2
trap '' INT TERM HUP
pid=-
while read -r line; do pid=$line; done
if [ "$pid" != - ]; then
  kill -s "$signal" "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  kill -s KILL "$pid" 2>/dev/null
fi
# The service's own children may still be writing their last words.
tries=0
while ! rm -rf "$directory" 2>/dev/null && [ "$tries" -lt 40 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
