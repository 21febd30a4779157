# SPDX-License-Identifier: GPL-2.0
# pairs.jq - what a target compares: samples of the same repetition, so that both
# figures come from neighbouring windows

# the windows of one side of a target, whether they count or not
def windows($all; $t; $x): [$all[] | select(.scenario == $t.scenario and .arm == $x.arm
	and .case == $x.case)];

# repetitions that would be compared if all of them counted
def asked($all; $t): [windows($all; $t; $t.of), windows($all; $t; $t.to) | length] | min;

def ratios($all; $t):
	def values($x): [windows($all; $t; $x)[] | select(.valid)
		| {rep, v: .metrics[$x.metric]} | select(.v != null)];
	values($t.of) as $num | values($t.to) as $den
	| [$num[] as $a | $den[] | select(.rep == $a.rep and .v > 0) | $a.v / .v];
