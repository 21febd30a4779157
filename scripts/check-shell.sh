#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-shell.sh - shellcheck on every script
set -eu
cd "$(dirname "$0")/.."
command -v shellcheck > /dev/null || exit 4
git ls-files -co --exclude-standard | while read -r f; do
	if [ -f "$f" ] && head -n 1 "$f" | grep -qaE '^#!/bin/(ba)?sh'; then
		echo "$f"
	fi
done | xargs shellcheck -f gcc
