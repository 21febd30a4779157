# SPDX-License-Identifier: GPL-2.0
# known.jq - is the vehicle right? Pairs cost the same per core, hogs use all.

def median: sort | if length == 0 then null else .[length / 2 | floor] end;
def of($case; $m): [.[] | select(.scenario == "KAT" and .case == $case and .valid) | .metrics[$m] | select(. != null)] | median;

of("pairs-1"; "bulk Gb/s/core") as $one
| of("pairs-4"; "bulk Gb/s/core") as $four
| of("hogs"; "busy clients") as $hogs
| $one != null and $four != null and $hogs != null
	and ($four / $one | . > 0.95 and . < 1.05)
	and ($hogs > 3.9 and $hogs < 4.1)
