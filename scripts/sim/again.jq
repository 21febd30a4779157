# SPDX-License-Identifier: GPL-2.0
# again.jq - scenarios with a target ($targets) of which less than half of the
# repetitions count, since the vehicle was disturbed: whoever is measured once more
include "pairs";

. as $all
| [$targets[0][] as $t
	| select((ratios($all; $t) | length) * 2 < asked($all; $t))
	| $t.scenario]
| unique[]
