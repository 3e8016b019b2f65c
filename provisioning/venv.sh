#!/usr/bin/env bash
# venv.sh FOLDER REQUIREMENTS… [-- OUR PACKAGES…]: a virtual environment with exactly these hashed
# requirements, and our packages editable in it. Nothing is done while none of the files changed.
set -euo pipefail
here=$(dirname "$0")
folder=$1; shift
requirements=() packages=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do requirements+=("$1"); shift; done
[ $# -eq 0 ] || { shift; packages=("$@"); }

key=$({ /usr/bin/python3 -VV; realpath -m "$folder"; cat "${requirements[@]}" "${packages[@]/%//pyproject.toml}"; } | sha256sum)
[ "$(cat "$folder/stamp" 2>/dev/null)" != "$key" ] || exit 0

"$here/step.sh" "python: make $folder" /usr/bin/python3 -m venv "$folder"
pip=("$folder/bin/pip" --disable-pip-version-check --quiet install --no-build-isolation)
# The first file brings setuptools, with which the one source package (systemd-python) is built.
for file in "${requirements[@]}"; do
  "$here/step.sh" "python: install $file" "${pip[@]}" --require-hashes -r "$file"
done
for package in ${packages[@]+"${packages[@]}"}; do
  "$here/step.sh" "python: install our $package" "${pip[@]}" --no-deps --no-index -e "$package"
done
echo "$key" >"$folder/stamp"
