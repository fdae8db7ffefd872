# Wengen: everything that a person types. `make` alone explains.
#
# Variables of `make run`, for example `make run SMP=1 CALLS=10000`:

# Cores of the guest, 1 to 48.
SMP ?= 4
# Memory of the guest.
MEM ?= 256M
# 1: time counts instructions; two runs are the same, byte for byte.
DETERMINISTIC ?= 0
# A file for every frame on the guest's wire, as Wireshark and tcpdump read it.
PCAP ?=
# That many null calls in a row after the first ones.
CALLS ?= 0
# Programs of User/ that run beside the usual ones, and UDP ports of the guest to reach them at:
# make run PROGRAMS=greeter PORTS=4003
PROGRAMS ?=
PORTS ?=
# A services.conf for the guest (Kernel/Images/ServiceManifest.swift).
MANIFEST ?=
# Words for the kernel's command line, for example APPEND='log=debug trace=all'.
APPEND ?=
# How long `make fuzz` searches, all targets together.
SECONDS ?= 60
# Where `make debug` listens.
GDB_PORT ?= 1234
# QEMU's -accel, for example tcg,thread=single. Empty: QEMU's choice.
ACCEL ?=

# 1: a kernel that checks itself while it runs (the order of its locks).
CHECKS ?= 0

# Everything built is under .build; what boots, under .build/wengen.
OUT := .build/wengen
SWIFT_BUILD := swift build --build-system native
CROSS := --triple aarch64-none-none-elf -c release
QUIET := Tools/Scripts/quiet.sh
START := $(shell date +%s.%N)

# Checked before anything is built. A program has a folder of its name in User/.
user_programs = $(filter-out runtime start,$(shell cd User && ls -d */ | sed 's,\(.*\)/,\l\1,'))
ifneq ($(PROGRAMS),)
unknown_programs := $(filter-out $(user_programs),$(PROGRAMS))
ifneq ($(unknown_programs),)
$(error PROGRAMS=$(unknown_programs): there is no such program; there are $(user_programs))
endif
endif
ifneq ($(filter-out 0 1,$(CHECKS)),)
$(error CHECKS=$(CHECKS): 0 or 1 is needed)
endif

KERNEL := $(if $(filter 1,$(CHECKS)),kernel-checked,kernel)

export WENGEN_ARTEFACTS := $(CURDIR)/$(OUT)
# Which kernel tools and tests boot.
export WENGEN_KERNEL := $(KERNEL)
# What SwiftPM builds for depends on it, so no setting of the shell's may reach the host's builds.
unexport WENGEN_TARGET

.DEFAULT_GOAL := help
.PHONY: help run trace top debug gdb test unit device-test boot-test errata-test firmware-test fuzz \
  benchmark figures load explore soak mutate doctor packages kernel services device image clients grub tools \
  swift format lint clean
.DELETE_ON_ERROR:
.SECONDARY: $(OUT)/kernel.elf $(OUT)/kernel-checked.elf

help:
	@echo 'Wengen, an operating system kernel for the LAUBERHORN NIC. Targets:'
	@echo '  run         boot it under QEMU, call its services, show what each call took'
	@echo '  trace       such a run, recorded: for Perfetto, babeltrace2, spreadsheets'
	@echo '  top         in another terminal: what the running machine does, every second'
	@echo '  debug, gdb  a guest that waits for a debugger, and the debugger'
	@echo '  test        all of them: unit, device, boot, errata and firmware tests'
	@echo '  unit        tests of the modules, on this machine'
	@echo '  device-test tests of the QEMU device, with guests of its own'
	@echo '  boot-test   tests that boot the kernel under QEMU'
	@echo '  errata-test    the boot tests on a CPU that claims to be ThunderX-1, with CHECKS=1'
	@echo '  firmware-test  tests that boot it through UEFI, GRUB and U-Boot'
	@echo '  fuzz        search for input that breaks a parser or the NIC, SECONDS=$(SECONDS) in all'
	@echo '  benchmark   calls a second that the model of the FPGA serves on this machine'
	@echo '  figures     simulate and draw the figures of Documentation/simulation.md'
	@echo '  load        many calls to spin services in QEMU, verified; LOAD="--closed 4 --mix tpcc"'
	@echo '              in the guest'\''s time: LOAD="--deterministic --rate 40000 --mix exponential:10"'
	@echo '  explore     explore the OS-NIC protocol further than the tests do, for minutes'
	@echo '  soak        SOAK=$(SOAK): seeds x calls under preemptions, kills and restarts, none lost'
	@echo '  mutate      break model and loops on purpose; every fault must be caught'
	@echo '  doctor      check what is needed, say what to type for what is missing'
	@echo '  packages    install the Debian packages that are missing'
	@echo '  image       all of: kernel, services, device'
	@echo '  kernel      the kernel: $(OUT)/kernel.elf, kernel.img'
	@echo '  services    the user programs: $(OUT)/services.cpio'
	@echo '  device      the FPGA as a QEMU plug-in: $(OUT)/lauberhorn.so'
	@echo '  clients     the C client that rpcgen makes: $(OUT)/rpcgen-client'
	@echo '  grub        Debian'\''s GRUB for arm64, which boot tests use: $(OUT)/grubaa64.efi'
	@echo '  tools       what make run starts, and an RPC client: .build/debug/wengen-run, wengen-call'
	@echo '  format      format the Swift sources'
	@echo '  lint        check the format'
	@echo '  clean       remove what was built (the fetched QEMU headers stay)'
	@echo 'Variables of run:'
	@echo '  SMP=$(SMP)  MEM=$(MEM)  DETERMINISTIC=$(DETERMINISTIC)  CALLS=$(CALLS)  PCAP=file.pcap  ACCEL=tcg,thread=single'
	@echo '  PROGRAMS=greeter PORTS=4003 (one of User/ more, and where to reach it)  MANIFEST=services.conf'
	@echo "  CHECKS=1 (a kernel that checks the order of its locks)  APPEND='log=debug trace=all'"
	@echo 'First time: make run'

# --- Running and testing ---------------------------------------------------------------------

# The parts of a build keep one core busy each, most of the time. Only they run side by side: what is
# started after them has the terminal.
build = +@$(MAKE) --silent --no-print-directory --jobs=2

run:
	$(build) image tools
	@SMP='$(SMP)' MEM='$(MEM)' DETERMINISTIC='$(DETERMINISTIC)' PCAP='$(PCAP)' CALLS='$(CALLS)' \
	  ACCEL='$(ACCEL)' APPEND='$(APPEND)' TRACE='$(TRACE)' PORTS='$(PORTS)' MANIFEST='$(MANIFEST)' \
	  WENGEN_START='$(START)' .build/debug/wengen-run

# What NIC and kernel recorded of such a run, for other programs to read.
trace: TRACE := $(OUT)/trace
trace:
	$(build) image tools .build/debug/wengen-trace
	@SMP='$(SMP)' MEM='$(MEM)' DETERMINISTIC='$(DETERMINISTIC)' PCAP='$(PCAP)' CALLS='$(CALLS)' \
	  ACCEL='$(ACCEL)' APPEND='$(APPEND)' TRACE='$(TRACE)' PORTS='$(PORTS)' MANIFEST='$(MANIFEST)' \
	  WENGEN_START='$(START)' .build/debug/wengen-run
	@echo
	@.build/debug/wengen-trace --serial $(TRACE)/serial.bin --nic $(TRACE)/nic.bin --out $(TRACE)
	@echo
	@echo 'In $(TRACE): trace.json (drop it on https://ui.perfetto.dev), trace.csv, request.svg, ctf/'
	@echo 'Next: babeltrace2 $(TRACE)/ctf | less'

# TOP: where the statistics service is, or --once.
TOP ?=

top: .build/debug/wengen-top
	@.build/debug/wengen-top $(TOP)

# A guest that waits for a debugger, and the debugger, in two terminals.
debug:
	$(build) image tools
	@SMP='$(SMP)' MEM='$(MEM)' DETERMINISTIC='$(DETERMINISTIC)' PCAP='$(PCAP)' ACCEL='$(ACCEL)' \
	  APPEND='$(APPEND)' PORTS='$(PORTS)' GDB_PORT='$(GDB_PORT)' .build/debug/wengen-run

gdb: $(OUT)/$(KERNEL).elf
	@gdb-multiarch -q -x Tools/Debugger/kernel.gdb -ex 'target remote 127.0.0.1:$(GDB_PORT)' \
	  -ex at-start $(OUT)/$(KERNEL).elf

# What boot tests start beside QEMU.
tested_tools := .build/debug/wengen-trace .build/debug/wengen-top .build/debug/wengen-load

test:
	$(build) image $(OUT)/kernel-checked.img clients grub $(tested_tools)
	@Tools/Scripts/test.sh '$(START)' unit device boot errata firmware

unit: packages swift
	@Tools/Scripts/test.sh '$(START)' unit

device-test: image
	@Tools/Scripts/test.sh '$(START)' device

boot-test:
	$(build) image clients $(tested_tools)
	@Tools/Scripts/test.sh '$(START)' boot

errata-test:
	$(build) image $(OUT)/kernel-checked.img clients $(tested_tools)
	@Tools/Scripts/test.sh '$(START)' errata

firmware-test: image grub
	@Tools/Scripts/test.sh '$(START)' firmware

# The fuzz targets in turn, SECONDS in all. swift-backtrace is slow, and libFuzzer says enough.
FUZZ := .build/fuzz/release/wengen-fuzz

fuzz: swift
	@WENGEN_TARGET=fuzz $(QUIET) fuzz $(SWIFT_BUILD) -c release --product wengen-fuzz \
	  -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld --scratch-path .build/fuzz
	@SWIFT_BACKTRACE=enable=no Tools/Scripts/fuzz.sh $(FUZZ) $(SECONDS)

# Compiled as the device's model is.
benchmark: swift
	@$(QUIET) benchmark $(SWIFT_BUILD) -c release --product wengen-benchmark -Xswiftc -static-stdlib
	@.build/release/wengen-benchmark

# In .build/figures; those that the documentation shows are copied there.
FIGURES := .build/figures

figures: swift
	@Tools/Scripts/packages.sh --with Tools/Figures/packages.txt
	@$(QUIET) simulation $(SWIFT_BUILD) -c release --product wengen-figures
	@.build/release/wengen-figures $(FIGURES)/data
	@Tools/Scripts/figures.sh $(FIGURES)/data $(FIGURES)
	@cp $(FIGURES)/*.svg Documentation/figures/
	@echo 'In $(FIGURES): *.svg, *.png, data/*.dat; the SVGs in Documentation/figures, too'

# Arguments of wengen-load after `boot`; in the guest's time, the same every time:
#   make load LOAD='--deterministic --rate 40000 --mix exponential:10 --services 3'
LOAD ?= --closed 4

load:
	$(build) image .build/debug/wengen-load
	@.build/debug/wengen-load boot $(LOAD)

# SEEDS: random paths for each large machine.
SEEDS ?= 100

explore: packages swift
	@$(QUIET) explorer $(SWIFT_BUILD) --product wengen-explore
	@.build/debug/wengen-explore random $(SEEDS)
	@.build/debug/wengen-explore large

# Seeds, and the calls of each (Tests/Boot/Load/SoakTests.swift).
SOAK ?= 20x5000

ifneq ($(shell printf '%s' '$(SOAK)' | grep -cxE '[1-9][0-9]*x[1-9][0-9]*'),1)
$(error SOAK=$(SOAK): seeds and calls above 0 are needed, such as 20x5000)
endif

soak: image
	@$(QUIET) tests $(SWIFT_BUILD) --build-tests
	@WENGEN_SOAK=$(SOAK) swift test --build-system native --skip-build --filter SoakTests \
	  --no-parallel </dev/null

# Part of a fault's name or of its file's; empty: all of them (Tests/Mutations/mutants.txt).
MUTANT ?=

mutate: packages swift
	@Tools/Scripts/mutate.sh '$(MUTANT)'

doctor:
	@Tools/Scripts/doctor.sh

packages:
	@Tools/Scripts/packages.sh

swift:
	@Tools/Scripts/doctor.sh swift

# --- What boots ------------------------------------------------------------------------------

# A QEMU that runs has these files open, and the model mapped. So none is written in place: it gets a
# new file under the same name. (The linker, which makes the device, removes the old one, too.)

# All files and folders below some folders: a folder is newer when a file was removed from it.
sources = $(shell find $(wildcard $(1)) -not -path '*/.build*' 2>/dev/null)

image: kernel services device

kernel: $(OUT)/$(KERNEL).img
services: $(OUT)/services.cpio
device: $(OUT)/lauberhorn.so
clients: $(OUT)/rpcgen-client
grub: $(OUT)/grubaa64.efi

# kernel.elf, and kernel-checked.elf, which checks itself.
$(OUT)/kernel%elf: Package.swift $(call sources,Kernel Boot Linker) | packages swift
	@mkdir -p $(OUT)
	@WENGEN_CHECKS=$(if $(findstring checked,$*),1,0) WENGEN_TARGET=kernel \
	  $(QUIET) $(basename $(@F)) $(SWIFT_BUILD) $(CROSS) --toolset Linker/kernel.json \
	  --product wengen --scratch-path .build/$(basename $(@F)) -Xlinker -Map=$(basename $@).map
	@cp .build/$(basename $(@F))/aarch64-none-none-elf/release/wengen $@.new && mv $@.new $@

# An arm64 Image and an EFI application in one: Boot/ImageHeader.S.
$(OUT)/%.img: $(OUT)/%.elf
	@aarch64-linux-gnu-objcopy -O binary $< $@.new && mv $@.new $@

# What runs, and what only boot tests run.
programs := echo calculator rpcbind statistics
test_programs := batch greeter hostile spin
run_programs := $(sort $(programs) $(PROGRAMS))

# What the archive is made of; changes only when that does.
$(OUT)/services.list: FORCE
	@mkdir -p $(OUT)
	@printf '%s\n' $(run_programs) >$@.new
	@if [ -n '$(MANIFEST)' ]; then cat -- '$(MANIFEST)' >>$@.new; fi
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
FORCE:

$(OUT)/programs: Package.swift $(OUT)/services.list \
  $(call sources,User Linker Kernel/Interface Kernel/SystemInterface) | packages swift
	@mkdir -p $@ $(OUT)/symbols
	@for program in $(sort $(run_programs) $(test_programs)); do \
	  WENGEN_TARGET=user $(QUIET) $$program $(SWIFT_BUILD) $(CROSS) \
	    --toolset Linker/user.json --product $$program --scratch-path .build/user && \
	  cp .build/user/aarch64-none-none-elf/release/$$program $(OUT)/symbols/$$program.new && \
	  mv $(OUT)/symbols/$$program.new $(OUT)/symbols/$$program && \
	  aarch64-linux-gnu-objcopy --strip-debug $(OUT)/symbols/$$program $@/$$program || exit 1; \
	done
	@touch $@

# The same programs give the same archive: sorted, no owner, no times, no inode numbers.
$(OUT)/services.cpio: $(OUT)/programs
	@rm -f $</services.conf
	@$(if $(MANIFEST),cp -- '$(MANIFEST)' $</services.conf)
	@cd $< && set -- $(run_programs) $(if $(MANIFEST),services.conf) && touch -d @0 "$$@" && \
	  printf '%s\n' "$$@" | LC_ALL=C sort | \
	  cpio --create --format=newc --reproducible --owner=+0:+0 --quiet >$(CURDIR)/$@.new
	@mv $@.new $@ && touch $< $@

$(OUT)/libLauberhornModel.so: Package.swift $(call sources,Kernel/Interface Kernel/Reporting \
  Kernel/Tracing qemu/Marshalling qemu/Model qemu/ModelInterface qemu/ModelExports) | packages swift
	@mkdir -p $(OUT)
	@$(QUIET) model $(SWIFT_BUILD) -c release --product LauberhornModel -Xswiftc -static-stdlib
	@cp .build/release/libLauberhornModel.so $@.new && mv $@.new $@

# The headers are those of the installed QEMU, to the letter; so another QEMU means another device.
# dpkg writes this file when it installs one.
installed_qemu = $(wildcard /var/lib/dpkg/info/qemu-system-arm.list)

$(OUT)/lauberhorn.so: $(OUT)/libLauberhornModel.so $(installed_qemu) \
  $(call sources,qemu/Device qemu/ModelInterface) | packages swift
	@$(QUIET) headers qemu/Device/fetch-headers.sh
	@$(QUIET) device $(MAKE) --no-print-directory -C qemu/Device OUT=$(CURDIR)/$(OUT) \
	  MODEL=$(CURDIR)/$(OUT) HEADERS=$(CURDIR)/.build/qemu-headers/current
	@touch $@

# --- What calls it ---------------------------------------------------------------------------

$(OUT)/rpcgen-client: $(call sources,Tests/Clients) $(wildcard User/*/*.x) | packages swift
	@mkdir -p $(OUT)
	@$(QUIET) clients $(MAKE) --no-print-directory -C Tests/Clients OUT=$(CURDIR)/$(OUT)

$(OUT)/grubaa64.efi: Tools/Scripts/fetch-grub.sh | packages
	@$(QUIET) grub Tools/Scripts/fetch-grub.sh $@

tools: .build/debug/wengen-run .build/debug/wengen-call

.build/debug/wengen-trace: Package.swift \
  $(call sources,Tools/Trace Kernel/Interface Kernel/Tracing Kernel/Reporting) | packages swift
	@$(QUIET) trace-tool $(SWIFT_BUILD) --product wengen-trace
	@touch $@

.build/debug/wengen-top: Package.swift $(call sources,Tools/Harness Tools/Top) | swift
	@$(QUIET) top $(SWIFT_BUILD) --product wengen-top
	@touch $@

.build/debug/wengen-load: Package.swift \
  $(call sources,Tools/Harness Tools/Load Tools/Workload Kernel/Tracing Kernel/Reporting) | swift
	@$(QUIET) load-tool $(SWIFT_BUILD) --product wengen-load
	@touch $@

.build/debug/wengen-run .build/debug/wengen-call &: Package.swift \
  $(call sources,Tools/Harness Tools/Run Tools/Call) | swift
	@$(QUIET) tools sh -c '$(SWIFT_BUILD) --product wengen-run && $(SWIFT_BUILD) --product wengen-call'
	@touch .build/debug/wengen-run .build/debug/wengen-call

# --- Sources ---------------------------------------------------------------------------------

swift_sources := Package.swift $(wildcard Kernel User qemu Tools Tests Fuzz Benchmarks)

format:
	swift format --in-place --recursive $(swift_sources)

lint:
	swift format lint --strict --recursive $(swift_sources)

clean:
	@if [ -d .build ]; then \
	  find .build -mindepth 1 -maxdepth 1 ! -name qemu-headers -exec rm -rf {} +; \
	fi
