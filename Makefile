# SPDX-License-Identifier: Apache-2.0
#
#   make                 build/skydive-exporter and its shared objects
#   make run             see it work: a recorded stream becomes objects
#   make test            everything is tested; installs what that needs
#   make torture soak test-kafka
#                       longer tests, not part of make test
#   make deb rpm        packages, in build/packages; packages-foreign: for other processors
#   make check-packages acceptance
#                       what lint says of them; installed in a machine of their own
#   make lint format bench fuzz manuals install
#
# SAN=address,undefined or SAN=thread builds a variant of its own, with CC=clang
# another compiler is used, WERROR=1 takes no warning about the product, V=1
# shows commands. CFLAGS and LDFLAGS are yours. What has no default here but a
# name in the READMEs, such as ANALYZER, is the caller's and not to be set.

CC      ?= gcc
PREFIX  ?= /usr
LIBDIR  ?= $(PREFIX)/lib
BINDIR  ?= $(PREFIX)/bin
SYSCONFDIR ?= /etc
DATADIR ?= $(PREFIX)/share
DOCDIR  ?= $(DATADIR)/doc/skydive-exporter
UNITDIR ?= $(PREFIX)/lib/systemd/system
EXTENSION_DIR = $(LIBDIR)/skydive/extensions

comma := ,
ifdef SAN
B := build/$(subst $(comma),-,$(SAN))
SANFLAGS := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-nonnull
else
B := build
endif
$(if $(V),,$(eval Q := @))
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

PACKAGES := libwebsockets libcurl libssl libcrypto json-c yaml-0.1 zlib libdeflate libzstd libprotobuf-c
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wno-format-truncation -Wno-unknown-warning-option -Wno-unused-command-line-argument
BASEFLAGS := -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 $(WARNINGS) -O2 -g -fPIC -fvisibility=hidden \
	-fstack-protector-strong -iquote extension -iquote . -Iinclude -isystem $(B)/proto $(SANFLAGS)
ifndef SAN
BASEFLAGS += $(if $(findstring FORTIFY_SOURCE,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)
LINKFLAGS := -Wl,-z,defs
endif
LINKFLAGS += -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS)
# All cores, unless the caller has said how many.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
JOBS_AND_ONE = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell expr $$(nproc) + 1))
LIBS = $(shell pkg-config --libs $(PACKAGES)) -ldl -lpthread

PROTO   := $(patsubst proto/%.proto,$(B)/proto/%.pb-c.c,$(wildcard proto/*.proto))
SOURCES := $(filter-out extension/host/% extension/preload/%,$(wildcard extension/*.c extension/*/*.c))
OBJECTS := $(SOURCES:%.c=$(B)/%.o) $(PROTO:.c=.o)
HOST    := $(patsubst %.c,$(B)/%.o,$(wildcard extension/host/*.c))
PRELOAD := $(patsubst %.c,$(B)/%.o,$(wildcard extension/preload/*.c)) $(B)/extension/host/line.o $(B)/extension/host/load.o
UNIT    := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
STANDIN := $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/analyzer/*.c))
FUZZ    := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TORTURE := $(patsubst %.c,$(B)/%.o,$(wildcard tests/torture/*.c))
BENCH   := $(patsubst %.c,$(B)/%.o,$(filter-out tests/bench/bench_%,$(wildcard tests/bench/*.c)))

.PHONY: all run test test-minio test-kafka torture soak lint format bench manuals install install-program install-dev deb rpm packages-foreign acceptance check-packages clean deps test-deps large-deps unit \
	fuzz fuzz-merge fuzz-targets fuzz-replay torture-alloc
.SECONDARY:

all: $(B)/skydive-exporter $(B)/skydive-exporter.so $(B)/skydive-exporter-preload.so

$(B)/skydive-exporter: $(HOST)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ -ldl -lpthread

$(B)/skydive-exporter.so: $(OBJECTS) extension/extension.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(LINKFLAGS) -Wl,-z,nodelete \
		-Wl,--version-script=extension/extension.map $(LDFLAGS) -o $@ $(OBJECTS) $(LIBS)

# It comes into programs of others: it needs and shows as little as can be.
$(B)/skydive-exporter-preload.so: $(PRELOAD) extension/preload/preload.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(LINKFLAGS) -Wl,-z,nodelete \
		-Wl,--version-script=extension/preload/preload.map $(LDFLAGS) -o $@ $(PRELOAD) -ldl -lpthread

$(B)/libexporter.a: $(OBJECTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASEFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

ifdef WERROR
$(B)/extension/%.o: BASEFLAGS += -Werror
endif

$(HOST): BASEFLAGS += -DEXTENSION_DIR='"$(EXTENSION_DIR)"'

$(B)/proto/%.pb-c.c $(B)/proto/%.pb-c.h: proto/%.proto
	$(call say,PROTO,$<)
	$(Q)mkdir -p $(@D)
	$(Q)cd proto && protoc-c --c_out=../$(B)/proto $*.proto

$(B)/proto/%.o: $(B)/proto/%.c
	$(Q)$(CC) -std=c11 -O2 -g -fPIC -fvisibility=hidden $(SANFLAGS) -I$(B)/proto \
		$(CFLAGS) -c -o $@ $<

# Generated headers come before whatever includes them.
$(OBJECTS) $(UNIT:=.o): | $(PROTO)

# What is compiled to be looked at, or runs for a moment.
QUICK := -O0 -g1 -U_FORTIFY_SOURCE

# gold links the unit programs in a fifth of the time.
QUICK_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)

# A test that is not run says nothing.
$(B)/tests/unit/%.o: BASEFLAGS += -Werror=unused-function $(QUICK)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/tests/lib/tiny_server.o $(B)/libexporter.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(QUICK_LD) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(B)/tests/analyzer: $(STANDIN)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ -lwebsockets -ljson-c -lz -lpthread

$(B)/tests/lives: $(B)/tests/lib/lives.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ -ldl -lpthread

# Busy as an analyzer, for what is loaded into one; in Go, with C in it.
$(B)/tests/skydive: $(wildcard tests/lib/skydive/*) | large-deps
	$(call say,GO,$@)
	$(Q)cd tests/lib/skydive && CGO_ENABLED=1 GOFLAGS=-mod=mod GOTOOLCHAIN=local GO111MODULE=on GOPROXY=off \
		GOCACHE=$(abspath build/go) go build -buildvcs=false -o $(abspath $@) .

$(B)/tests/borders: $(B)/tests/lib/borders.o $(B)/libexporter.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

unit: $(UNIT)

# The allocator stands in front of everybody's; sanitizers bring their own, so
# there the linker turns our calls to it.
ifdef SAN
$(B)/tests/torture/allocation.o: BASEFLAGS += -DALLOCATION_WRAP
$(B)/tests/torture_alloc: LINKFLAGS += $(foreach f,malloc calloc realloc free strdup strndup,-Wl,--wrap=$(f))
endif
$(B)/tests/torture_alloc: $(TORTURE) $(B)/libexporter.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# A fuzz target without libFuzzer, and with it (make fuzz).
$(B)/tests/fuzz/replay_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libexporter.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/fuzz/libfuzzer_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libexporter.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS)

fuzz-replay: $(FUZZ:%=$(B)/tests/fuzz/replay_%)
fuzz-targets: $(FUZZ:%=$(B)/tests/fuzz/libfuzzer_%)

run: deps
	$(Q)$(MAKE) --no-print-directory all $(B)/tests/analyzer
	$(Q)tests/lib/demo.sh $(B)

# What is missing is installed from the distribution, as root or through sudo.
BUILD_PACKAGES := gcc libc6-dev pkg-config protobuf-c-compiler libprotobuf-c-dev \
	libcurl4-openssl-dev libssl-dev libjson-c-dev libyaml-dev zlib1g-dev libdeflate-dev libzstd-dev \
	libwebsockets-dev librdkafka-dev gzip
TEST_PACKAGES := libcmocka-dev python3 python3-pip python3-pytest python3-pytest-xdist python3-boto3 python3-yaml git \
	g++ clang clang-format shellcheck swift-proxy swift-account swift-container \
	swift-object memcached openssl zstd prometheus valgrind netbase strace \
	systemd apparmor binutils locales scdoc mandoc curl iproute2 protobuf-compiler python3-protobuf
# Large ones, which come while all is compiled.
LARGE_PACKAGES := chromium maven golang-go
FUZZ_PACKAGES := clang libclang-rt-14-dev python3
BENCH_PACKAGES := valgrind python3 python3-yaml

deps:
	$(Q)tests/lib/install.sh $(BUILD_PACKAGES)

test-deps:
	$(Q)tests/lib/install.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	-$(Q)$(MAKE) -s build/python/installed

large-deps: test-deps
	$(Q)tests/lib/install.sh $(LARGE_PACKAGES)
	-$(Q)$(MAKE) -s build/kafka/installed build/kafka/classes.jsa

# What Debian does not have comes from PyPI, into the build, in the version of
# the list or not at all: then the tests that import it fail, and no others.
build/python/installed: tests/requirements.txt
	$(call say,PIP,$<)
	$(Q)rm -rf $(@D)
	$(Q)/usr/bin/python3 -m pip install --quiet --disable-pip-version-check \
		--root-user-action ignore --require-hashes --only-binary :all: --no-deps \
		--no-compile --target $(@D) -r $<
	$(Q)touch $@

# The same for what Kafka consists of, from Maven Central.
build/kafka/installed: tests/lib/kafka/pom.xml
	$(call say,MAVEN,$<)
	$(Q)rm -rf $(@D)
	$(Q)mvn -q -B -f $< dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory=$(abspath $(@D))
	$(Q)touch $@

build/kafka/classes.jsa: build/kafka/installed
	$(call say,JAVA,$@)
	$(Q)/usr/bin/python3 -B tests/lib/kafka/archive.py

# While tests wait, unit and golden tests are compiled and run once more with sanitizers;
# beside that clang compiles the product, and unit tests are compiled and run.
SANITIZED := build/address-undefined
BESIDE = make --no-print-directory -j$(shell nproc)
ifndef SAN
TEST_VARIANTS = sanitizers="$(BESIDE) SAN=address$(comma)undefined WERROR=1 CFLAGS='-Og -g1' all unit" \
	$(UNIT:$(B)/%=$(SANITIZED)/%) tests/golden@$(SANITIZED) \
	tests/integration/test_check_reference.py@$(SANITIZED) + \
	clang="$(BESIDE) CC=clang B=build/clang WERROR=1 CFLAGS='$(QUICK)' all"
endif

test: test-deps
	$(Q)$(MAKE) --no-print-directory $(JOBS_AND_ONE) WERROR=1 large-deps all fuzz-replay $(B)/tests/analyzer \
		$(B)/tests/lives $(B)/tests/skydive $(B)/tests/borders
	$(Q)BUILD=$(B) /usr/bin/python3 tests/run.py --limit 900 $(TEST_VARIANTS) \
		unit="$(BESIDE) WERROR=1 unit $(B)/tests/torture_alloc" $(UNIT) \
		torture-alloc=$(B)/tests/torture_alloc lint=tests/lint/run.sh \
		tests/fuzz tests/lib tests/golden tests/integration

# Against MinIO, with the Go exporter's own sample values: builds MinIO first,
# some minutes, kept in build/cache.
test-minio: large-deps all $(B)/tests/analyzer
	$(Q)BUILD=$(B) /usr/bin/python3 tests/run.py --markers minio tests/integration

# The same as in "make test", longer: Kafka that is stopped for 20 s or away for a
# minute, at 20,000 records/s, and a hundred crashes; and what takes three brokers.
test-kafka: large-deps all $(B)/tests/analyzer
	$(Q)BUILD=$(B) TEST_TIMEOUT=3600 KAFKA_KILLS=100 KAFKA_STOPPED=20 KAFKA_AWAY=60 \
		KAFKA_TIMES=1600 KAFKA_PACE=20000 KAFKA_ROUNDS=10 CHAOS_SEEDS=5 CHAOS_SECONDS=60 \
		KAFKA_RATE=50000 KAFKA_SECONDS=180 KAFKA_STILL=60 \
		/usr/bin/python3 tests/run.py --suite-limit 7200 \
		--markers "cluster or not cluster" tests/integration/test_kafka.py \
		tests/integration/test_kafka_faults.py tests/integration/test_kafka_cluster.py \
		tests/integration/test_kafka_in.py tests/integration/test_kafka_group.py \
		tests/integration/test_kafka_rate.py tests/integration/test_kafka_reload.py \
		tests/integration/test_kafka_settings.py

# The same as in "make test", longer: an outage of two minutes, ten thousand reloads,
# a thousand crashes, a thousand objects from within an analyzer's process, strings of
# 200 MiB for every parser.
torture: torture-alloc large-deps all fuzz-replay $(B)/tests/analyzer $(B)/tests/lives $(B)/tests/skydive
	$(Q)BUILD=$(B) TEST_TIMEOUT=7200 OUTAGE_SECONDS=120 RELOADS=10000 READER_SECONDS=120 EXPORTS=1000 \
		CRASH_ROUNDS=10 LEDGER_KILLS=200 LEDGER_STOPS=50 LONG_MIB=200 \
		/usr/bin/python3 tests/run.py --suite-limit 14400 tests/fuzz/test_extremes.py \
		tests/integration/test_outage.py \
		tests/integration/test_crash.py tests/integration/test_ledger.py \
		tests/integration/test_reader_never_waits.py tests/integration/test_reload.py \
		tests/integration/test_preload.py

# Half an hour with faults at random; SOAK_SECONDS, SOAK_SEED.
soak: large-deps all $(B)/tests/analyzer
	$(Q)BUILD=$(B) TEST_TIMEOUT=86400 /usr/bin/python3 tests/run.py --suite-limit 86400 --markers soak \
		tests/integration/test_soak.py

lint: all
	$(Q)BUILD=$(B) tests/lint/run.sh

$(B)/tests/bench/bench_%: $(B)/tests/bench/bench_%.o $(BENCH) $(B)/libexporter.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINKFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# What an export costs, beside its budgets.
bench: large-deps
	$(Q)tests/lib/install.sh $(BENCH_PACKAGES)
	$(Q)$(MAKE) --no-print-directory all $(B)/tests/analyzer $(B)/tests/bench/bench_steps \
		$(B)/tests/bench/bench_lookups $(B)/tests/bench/bench_mirror
	$(Q)BUILD=$(B) /usr/bin/python3 -B tests/bench/run.py

# Every allocation of the core fails once; make test does it, too.
torture-alloc: deps
	$(Q)$(MAKE) --no-print-directory $(B)/tests/torture_alloc
	$(Q)$(B)/tests/torture_alloc

# Every parser of foreign bytes, each for its share of SECONDS; what is found
# stays in build/fuzz. fuzz-merge makes the corpora in git anew from it.
FUZZ_VARIANT = CC=clang SAN=fuzzer-no-link,address,undefined
fuzz fuzz-merge: deps
	$(Q)tests/lib/install.sh $(FUZZ_PACKAGES)
	$(Q)$(MAKE) --no-print-directory $(FUZZ_VARIANT) fuzz-targets
	$(Q)/usr/bin/python3 -B tests/fuzz/run.py --seconds $(or $(SECONDS),600) \
		$(if $(filter fuzz-merge,$@),--merge) \
		build/fuzzer-no-link-address-undefined/tests/fuzz $(FUZZ)

format:
	$(Q)clang-format -i $(shell git ls-files '*.c' '*.h')

# The one place that knows where files go. Manual pages are made of
# packaging/man/NAME.SECTION.scd.
VERSION := $(shell sed -n 's/^\#define VERSION "\(.*\)"/\1/p' extension/base/version.h)
MANUALS := $(patsubst packaging/man/%.scd,$(B)/man/%,$(wildcard packaging/man/*.scd))
PLACES = -e 's,/usr/bin/,$(BINDIR)/,g' -e 's,/etc/skydive,$(SYSCONFDIR)/skydive,g' \
	-e 's,@PREFIX@,$(PREFIX),g' -e 's,@EXTENSION_DIR@,$(EXTENSION_DIR),g' -e 's,@VERSION@,$(VERSION),g'
put = install -D -m $(1) $(2) $(DESTDIR)$(3)
put_text = install -d $(DESTDIR)$(dir $(2)) && sed $(PLACES) $(1) > $(DESTDIR)$(2) && chmod 644 $(DESTDIR)$(2)

$(B)/man/%: packaging/man/%.scd
	$(call say,MAN,$<)
	$(Q)mkdir -p $(@D)
	$(Q)scdoc < $< > $@

manuals: $(MANUALS)

install: install-program install-dev

install-program: all $(MANUALS)
	$(call put,755,$(B)/skydive-exporter,$(BINDIR)/skydive-exporter)
	$(call put,644,$(B)/skydive-exporter.so,$(EXTENSION_DIR)/skydive-exporter.so)
	$(call put,644,$(B)/skydive-exporter-preload.so,$(EXTENSION_DIR)/skydive-exporter-preload.so)
	$(call put,640,etc/exporter.yml,$(SYSCONFDIR)/skydive/exporter.yml)
	install -d -m 750 $(DESTDIR)$(SYSCONFDIR)/skydive/exporter.d
	$(call put,644,etc/exporter.d/README,$(SYSCONFDIR)/skydive/exporter.d/README)
	$(call put_text,packaging/systemd/skydive-exporter.service,$(UNITDIR)/skydive-exporter.service)
	$(call put_text,packaging/systemd/skydive-exporter@.service,$(UNITDIR)/skydive-exporter@.service)
	$(call put_text,packaging/systemd/skydive-exporter.sysusers,$(PREFIX)/lib/sysusers.d/skydive-exporter.conf)
	$(call put_text,packaging/systemd/skydive-exporter.tmpfiles,$(PREFIX)/lib/tmpfiles.d/skydive-exporter.conf)
	$(call put,644,README.md,$(DOCDIR)/README.md)
	$(call put,644,packaging/README.md,$(DOCDIR)/README.service.md)
	$(call put,644,packaging/NEWS,$(DOCDIR)/NEWS)
	$(call put_text,packaging/systemd/analyzer-preload.conf,$(DOCDIR)/examples/analyzer-preload.conf)
	for file in $(wildcard etc/*.yml etc/*.c etc/exporter.d/*.example); do \
		$(call put,644,$$file,$(DOCDIR)/examples/$${file#etc/}) || exit; done
	$(call put,644,packaging/completion/skydive-exporter.bash,$(DATADIR)/bash-completion/completions/skydive-exporter)
	$(call put,644,packaging/prometheus/skydive-exporter.rules.yml,$(DATADIR)/skydive-exporter/prometheus/skydive-exporter.rules.yml)
	$(call put,644,packaging/grafana/skydive-exporter.json,$(DATADIR)/skydive-exporter/grafana/skydive-exporter.json)
	$(call put,644,packaging/apparmor/usr.bin.skydive-exporter,$(DATADIR)/skydive-exporter/apparmor/usr.bin.skydive-exporter)
	for page in $(MANUALS:$(B)/man/%=%); do \
		$(call put,644,$(B)/man/$$page,$(DATADIR)/man/man$${page##*.}/$$page) || exit; done

install-dev:
	$(call put,644,include/skydive/extension.h,$(PREFIX)/include/skydive/extension.h)
	$(call put_text,packaging/skydive-extension.pc.in,$(DATADIR)/pkgconfig/skydive-extension.pc)

# The package in a machine of its own; some minutes, the first time.
ACCEPTANCE_PACKAGES := systemd-container mmdebstrap
acceptance: deb rpm
	$(Q)tests/lib/install.sh $(ACCEPTANCE_PACKAGES)
	$(Q)$(MAKE) --no-print-directory $(B)/tests/analyzer
	$(Q)tests/acceptance/run.sh $(B)

# What lint says of the packages, how they are hardened, and whether a second build
# elsewhere makes the same bytes.
CHECK_PACKAGES := lintian rpmlint devscripts binutils rpm2cpio
check-packages: deb rpm
	$(Q)tests/lib/install.sh $(CHECK_PACKAGES)
	$(Q)tests/acceptance/check_packages.sh

# Packages of this tree as it is, in build/packages; what they need to be built is
# installed, as for the tests.
DEB_PACKAGES := debhelper dpkg-dev fakeroot scdoc python3 binutils
RPM_PACKAGES := rpm scdoc
deb rpm: deps
	$(Q)tests/lib/install.sh $(if $(filter deb,$@),$(DEB_PACKAGES),$(RPM_PACKAGES))
	$(Q)packaging/build.sh $@ $(VERSION)

# The same for other processors, with their unit and golden tests under qemu-user, as
# root: half an hour each where this processor cannot, and some minutes the first time.
FOREIGN ?= i386 armhf arm64 s390x
packages-foreign:
	$(Q)tests/lib/install.sh mmdebstrap dpkg-dev git
	$(Q)packaging/foreign.sh $(VERSION) $(FOREIGN)

clean:
	rm -rf build

-include $(shell find $(B)/extension $(B)/tests -type f -name '*.d' 2>/dev/null)
