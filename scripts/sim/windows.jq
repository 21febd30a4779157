# SPDX-License-Identifier: GPL-2.0
# windows.jq - what the guest printed (output, JSON lines, slurped) and what the
# plugins counted ($plugin, $cohere: arrays) become one array of samples:
#
#	{scenario, arm, case, rep, valid, why, late, lost_us,
#	 metrics: {"bulk Gb/s": 26.1, ...}, proof}
#
# The n-th window of the guest is the n-th of the plugin; repetitions are counted
# from $before, those that were measured before, elsewhere. A window in which a
# processor was late too often or lost over 1 % of its time is void. A native
# machine has no plugin: then only what the guest says counts.

def r($digits): (. * pow(10; $digits) | round) / pow(10; $digits);

# per-core: what the busier side used, everything included
def busy($w):
	[$w.vcpu[] | (.user + .kernel) / ($w.rate * 1000 * $w.host_ms)] as $b
	| ($b | length / 2) as $half
	| {cli: ($b[:$half] | add), srv: ($b[$half:] | add), busiest: ($b | max)};

def job_metrics($j; $kind; $win_ms; $w; $busy; $c):
	([$busy.cli, $busy.srv] | max) as $side
	| (($j.gbps // 0) * ($win_ms // 0) / 8 * 1e6 / 1024) as $kb
	| {}
	+ (if $j.kind == "bulk" then {
		"\($kind) Gb/s": $j.gbps,
		"\($kind) Gb/s/core": ($j.gbps / $side),
		"\($kind) cpu-s/GB": (($busy.cli + $busy.srv) / ([$j.gbps / 8, 1e-9] | max)),
		"\($kind) insn/KB": (([$w.vcpu[].insns] | add) / ([$kb, 1e-9] | max)),
		"\($kind) insn/KB, busiest core": (([$w.vcpu[].insns] | max) / ([$kb, 1e-9] | max)),
		"\($kind) copies/B": (([$w.vcpu[].copied] | add) / ([$kb * 1024, 1e-9] | max)),
		"\($kind) copies/B, busiest core": (([$w.vcpu[].copied] | max) / ([$kb * 1024, 1e-9] | max))}
	   elif ($j.kind == "hog" or $j.kind == "timer" or $j.kind == "idle") then {}
	   else {
		"\($kind) ops/s": $j.ops,
		"\($kind) us-cpu/op": (($busy.cli + $busy.srv) * 1e6 / ([$j.ops, 1e-9] | max))}
		+ (if $win_ms then {
		"\($kind) insn/op": (([$w.vcpu[].insns] | add) * 1e3 / ([$j.ops * $win_ms, 1e-9] | max))} else {} end)
	   end)
	+ (if $j.p50 then {"\($kind) p50 us": $j.p50, "\($kind) p99 us": $j.p99} else {} end)
	+ (if $j.p999 then {"\($kind) p99.9 us": $j.p999} else {} end)
	+ (if $c and $j.kind == "bulk" then {
		"\($kind) payload lines/KB": (($c.payload_lines | add) / $kb),
		"\($kind) payload lines/KB, busiest core": (($c.payload_lines | max) / $kb),
		"\($kind) metadata lines/KB": (($c.metadata_lines | add) / $kb),
		"\($kind) metadata lines/KB, busiest core": (($c.metadata_lines | max) / $kb)} else {} end);

# why a window is void, or null
def void($g; $w):
	if $g.failed then "failed"
	elif $w == null and ($plugin | length > 0) then "no window"
	elif $g.dead > 0 then "a process died"
	elif $w and ([$w.vcpu[].late] | max) > 1000 then "late"
	elif $w and ([$w.vcpu[].lost_us] | max) > $w.host_ms * 10 then "lost"
	elif ([$g.jobs[] | select(.kind == "bulk" and .gbps <= 0)] | length) > 0 then "stall"
	else null end;

def split_name: (split(":") | {scenario: .[0], arm: .[1], case: .[2]});

def sample($g; $w; $c):
	void($g; $w) as $why
	| ($g.name | split_name)
	+ {valid: ($why == null), why: $why}
	+ (if $w then {late: ([$w.vcpu[].late] | max), lost_us: ([$w.vcpu[].lost_us] | max)} else {} end)
	+ {metrics: (if $why then {}
	  elif $w == null then
		[$g.jobs[] | select(.kind == "bulk") | {"bulk Gb/s": .gbps}] | add
	  else
		busy($w) as $b
		| ([$g.jobs[].kind] | unique | length == 1) as $single
		| reduce ($g.jobs | to_entries[]) as $e ({};
			. + job_metrics($e.value; $e.value.kind; $g.win_ms; $w; $b; $c))
		| . + {"busy clients": $b.cli, "busy servers": $b.srv, "busiest core": $b.busiest}
	  end)};

# does the proof say what the arm claims?
def proven($arm; $p):
	if ($arm | startswith("nc")) then $p["server PassiveOpens"] > 0
	  elif $arm == "mptcp" then $p.mptcp > 0
	  else $p["server PassiveOpens"] == 0 or $p["server PassiveOpens"] == null end;

# what the counters rose by
def risen($p): $p.after | with_entries(.value -= ($p.before[.key] // 0))
	| with_entries(select(.value != 0));

[.[] | select(.proof | not)] as $guest
| [.[] | select(.proof)] as $proofs
| (reduce $guest[] as $g ({at: 0, out: []};
	if $g.memory then
		.out += [($g.name | split_name) + {valid: true, why: null,
			metrics: ($g.memory | del(.n) | with_entries(.key |= "bytes " + .))}]
	elif $g.failed then
		.out += [sample($g; null; null)]
	else
		.out += [sample($g; $plugin[.at]; $cohere[.at])] | .at += 1
	end) | .out)
| reduce .[] as $s ({n: {}, out: []};
	"\($s.scenario):\($s.arm):\($s.case)" as $k
	| .n[$k] += 1
	| .out += [$s + {rep: ($before + .n[$k])}]) | .out
| reduce $proofs[] as $p ({n: {}, out: .};
	.n[$p.name] += 1
	| ($before + .n[$p.name]) as $rep
	| .out |= map(if "\(.scenario):\(.arm):\(.case)" == $p.name and .rep == $rep
		then risen($p.proof) as $r | . + {counters: $r, proven: proven(.arm; $r)} else . end))
| .out
| map(if .proven == false then .valid = false | .why = "not carried by \(.arm)" else . end)
