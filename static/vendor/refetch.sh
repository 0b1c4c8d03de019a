#!/bin/sh
# Fetches the vendored front-end files anew, for maintainers. Needs npm; the running portal does not.
# Change the versions here, run it, then bring version and sha256 in VENDOR.md up to date.
set -eu

BOOTSTRAP=5.3.9
HTMX=2.0.11

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

unpack() { # name, version, folder
    archive=$(npm pack --silent "$1@$2")
    mkdir "$3"
    tar -xzf "$archive" -C "$3" --strip-components=1
}

# A dangling sourceMappingURL makes collectstatic with manifest names fail.
without_map() { sed -e 's#/\*\# sourceMappingURL=[^*]*\*/##' -e '/^\/\/# sourceMappingURL=/d' "$1"; }

unpack bootstrap "$BOOTSTRAP" bootstrap
unpack htmx.org "$HTMX" htmx

mkdir -p "$here/bootstrap" "$here/htmx"
without_map bootstrap/dist/css/bootstrap-reboot.min.css >"$here/bootstrap/bootstrap-reboot.min.css"
cp bootstrap/LICENSE "$here/bootstrap/LICENSE"
without_map htmx/dist/htmx.min.js >"$here/htmx/htmx.min.js"
cp htmx/LICENSE "$here/htmx/LICENSE"

cd "$here"
sha256sum bootstrap/bootstrap-reboot.min.css htmx/htmx.min.js
