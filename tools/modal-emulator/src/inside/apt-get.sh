#!/bin/sh
# Stands in for apt-get in emulated images, whose system is the emulator's machine, read-only. A package counts as
# installed when that machine has it, or when the emulator was told to pretend so; any other cannot be located.
command=
missing=
for word in "$@"; do
  case "$word" in
    -*) continue ;;
  esac
  if [ -z "$command" ]; then
    command=$word
    continue
  fi
  [ "$command" = install ] || continue
  package=${word%%=*}
  if grep -qxF "$package" /__modal/packages 2>/dev/null; then
    echo "Setting up $package (emulated) ..."
    [ ! -d "/__modal/programs/$package" ] || cp "/__modal/programs/$package"/* /usr/local/bin/
  elif dpkg-query --admindir=/__modal/dpkg -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$'; then
    echo "$package is already the newest version (of the emulator's machine)."
  else
    echo "E: Unable to locate package $package" >&2
    missing=1
  fi
done
[ -z "$missing" ] || exit 100
