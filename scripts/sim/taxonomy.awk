# SPDX-License-Identifier: GPL-2.0
# taxonomy.awk - a profile (of profile.awk) by the thesis' kinds of work (its
# Table 2.1): million instructions of the clients' and of the servers' half
#
# A function belongs to the first kind whose pattern its name fits. What fits
# none is "other"; the user's own instructions are not sorted.
function kind(f) {
	if (f == "[user]")
		return "application"
	if (f ~ /^nc_/)
		return "netchannel"
	if (f ~ /rep_movs|_copy_|copy_.*iter|copy_user|^memcpy|datagram_iter|check_object|virt_addr_valid|simple_copy|iov_iter|check_heap/)
		return "data copy"
	if (f ~ /sched|psi_|load_avg|wake|(en|de)queue_(task|entity)|switch_|pick_|_curr$|cpuidle|idle|cfs|ttwu|resched|smp_call|nohz|tick_|select_task/)
		return "scheduling"
	if (f ~ /tcp|^(__)?ip_|inet|ipv4|raw_local|^nf_/)
		return "TCP/IP"
	if (f ~ /net_rx|dev_|veth|backlog|napi|qdisc|netif|softirq|xmit|rps|flow_dissect|gro_|validate/)
		return "netdevice"
	if (f ~ /skb/)
		return "skb"
	if (f ~ /kmem|slab|alloc|free|page|rmqueue|zone|folio|charge/)
		return "memory"
	if (f ~ /lock|local_bh|rcu|preempt/)
		return "locks"
	return "other"
}

$NF == "instructions" {
	lower = $1
	upper = $2
	next
}

{
	k = kind($3)
	a[k] += $1
	b[k] += $2
}

END {
	printf "%-12s %9s %9s\n", "kind", "clients", "servers"
	for (k in a)
		printf "%-12s %9.2f %9.2f\n", k, a[k] * lower / 1e8, b[k] * upper / 1e8 | "sort"
}
