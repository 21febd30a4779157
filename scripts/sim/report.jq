# SPDX-License-Identifier: GPL-2.0
# report.jq - samples (of windows.jq) become the tables: one row for each arm,
# case and metric, then the targets ($targets: array of those in targets.json)
include "pairs";

def median: sort | if length == 0 then null
	elif length % 2 == 1 then .[(length - 1) / 2]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def num: if . == null then "-" elif . >= 1000 then round | tostring
	elif . >= 100 then (. * 10 | round / 10 | tostring)
	else (. * 100 | round / 100 | tostring) end;

. as $all
| (["scenario", "arm", "case", "metric", "median", "low", "high", "n"]),
  (group_by([.scenario, .arm, .case])[]
	| . as $rows | [.[] | select(.valid)] as $ok | .[0] as $id
	| ([$ok[].metrics | keys[]] | unique[]) as $m
	| [$ok[].metrics[$m] | select(. != null)] as $v
	| [$id.scenario, $id.arm, $id.case, $m, ($v | median | num), ($v | min | num), ($v | max | num), ($v | length)]),
  (group_by([.scenario, .arm, .case])[] | .[0] as $id
	| [.[] | select(.valid | not) | .why] | select(length > 0)
	| [$id.scenario, $id.arm, $id.case, "void", (group_by(.) | map("\(length) \(.[0])") | join(", ")), "", "", ""]),
  ($targets[0][] as $t
	| select(asked($all; $t) > 0)
	| ratios($all; $t) as $r | ($r | median) as $m
	| ["target", $t.id, $t.text, "\($t.op) \($t.target)", ($m | num), ($r | min | num), ($r | max | num),
	   ($r | length), (if $m == null then "NOT measured" elif ($t.op == ">=" and $m >= $t.target) or ($t.op == "<=" and $m <= $t.target) then "met" else "NOT met" end)])
| @tsv
