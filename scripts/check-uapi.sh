#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-uapi.sh - headers for users compile alone, in C and in C++
set -eu
cd "$(dirname "$0")/.."
for h in $(find uapi -name '*.h'); do
	for std in c99 gnu17; do
		gcc -std=$std -Wall -Wextra -Wpedantic -Werror -Iuapi -fsyntax-only -x c "$h"
	done
	g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iuapi -fsyntax-only -x c++ "$h"
done
