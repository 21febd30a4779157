# SPDX-License-Identifier: GPL-2.0
# profile.awk - where the instructions of one window went, by function
#
#	awk -v window=N -f profile.awk SYMBOLS prof.log
#
# SYMBOLS is /proc/kallsyms of the guest, sorted by address. Prints per cent of
# the lower half of the processors, of the upper half, and the function.
BEGIN {
	for (i = 0; i < 16; i++)
		hex[sprintf("%x", i)] = i
}

# the low 36 bits: as much as differs between kernel addresses, and exact
function low(s,   v, i) {
	s = substr(s, length(s) - 8)
	v = 0
	for (i = 1; i <= 9; i++)
		v = v * 16 + hex[substr(s, i, 1)]
	return v
}

FNR == NR {
	if ($1 ~ /^ffffffff/) {
		addr[++n] = low($1)
		name[n] = $3
	}
	next
}

$1 == window {
	if ($2 ~ /^0000/) {
		f = "[user]"
	} else {
		v = low($2)
		a = 1
		b = n
		while (a < b) {
			m = int((a + b + 1) / 2)
			if (addr[m] <= v)
				a = m
			else
				b = m - 1
		}
		f = name[a]
	}
	lower[f] += $3
	upper[f] += $4
	all[1] += $3
	all[2] += $4
}

END {
	for (f in lower)
		printf "%6.2f %6.2f  %s\n", all[1] ? 100 * lower[f] / all[1] : 0,
			all[2] ? 100 * upper[f] / all[2] : 0, f | "sort -k1,1nr"
	close("sort -k1,1nr")
	printf "%.0f %.0f instructions\n", all[1], all[2]
}
