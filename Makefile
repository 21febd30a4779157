# SPDX-License-Identifier: GPL-2.0
# Commands of a person. What kbuild needs is in Kbuild; what a command does is
# in scripts/. "make help" lists them.

KDIR	?= /lib/modules/$(shell uname -r)/build
KERNEL	?= 6.12
TEST	?=
CMD	?=
V	?= 0

.DEFAULT_GOAL := module
.PHONY: module clean help unit fuzz check build vm vm-pair debug planted shell test \
	mutants soak demo bench kernels packages

module:		## build netchannel.ko for the running kernel, or KDIR=...
	+$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(ARCH),ARCH=$(ARCH)) modules

clean:		## remove what was built in the tree (the cache stays)
	+$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(ARCH),ARCH=$(ARCH)) clean

demo:		## a real file through one virtual socket, in a VM, beside TCP
	scripts/demo.sh

test:		## everything below; one line per test, a summary at the end
	scripts/test.sh

unit:		## unit tests of the pure files (no root, seconds)
	$(MAKE) -C selftests/unit

fuzz: packages	## fuzz the pure files that read what others send [TIME=seconds]
	$(MAKE) -C selftests/fuzz run

check:		## static checks
	scripts/check.sh

build:		## build on every kernel, warnings fail
	scripts/build-all.sh

vm: packages	## selftests in a VM: KERNEL=6.1|6.12|k|l|u [TEST=name]
	scripts/run.sh $(KERNEL) $(foreach t,$(TEST),'$(t)')

vm-pair: packages ## two VMs with different kernels talk to each other
	scripts/pair.sh

debug: packages	## planted faults, then the selftests, on debug kernels K and L
	scripts/planted.sh
	scripts/run.sh k $(TEST)
	scripts/run.sh l $(TEST)

planted: packages ## only: the debug kernels report planted faults
	scripts/planted.sh

mutants: packages ## the suite fails for each fault built into the module
	scripts/mutants.sh $(TEST)

soak: packages	## what only repetition finds: streams, reloads (an hour and more)
	scripts/soak.sh

bench:		## beside TCP and MPTCP on 8 emulated cores [ONLY='P1 P6'] [QUICK=1]
	scripts/bench.sh $(ONLY)

shell: packages	## a shell in a VM: KERNEL=... [CMD='command']
	scripts/vm.sh $(KERNEL) $(if $(CMD),-- '$(CMD)')

kernels: packages ## download and build the kernels of all vehicles
	scripts/build-all.sh --kernels

packages:
	@scripts/packages.sh

help:		## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | \
		awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'
