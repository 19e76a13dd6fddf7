#!/usr/bin/env bash
# Installs Chromium where apt-get can do it as root; elsewhere it says why not, and the tests that
# open the interactive map in a browser are skipped.
set -euo pipefail

if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "Chromium is not here and cannot be installed (no root, or no apt-get)" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null; then
    echo "Chromium could not be installed" >&2
fi
