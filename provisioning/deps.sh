#!/usr/bin/env bash
# deps.sh PACKAGE…: install those Debian packages that are missing. As root, or through sudo;
# with neither, print the one line an administrator must run, and stop.
set -euo pipefail
here=$(dirname "$0")
missing=()
for package in "$@"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  # sudo asks for a password only where someone can type it
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
    as_root=(sudo)
  else
    echo "These Debian packages are missing, and this user may not install them. Run as root, then make again:"
    echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    exit 1
  fi
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q -y)
"$here/step.sh" "apt: read the package lists" "${apt[@]}" update
"$here/step.sh" "apt: install ${missing[*]}" "${apt[@]}" install --no-install-recommends "${missing[@]}"
