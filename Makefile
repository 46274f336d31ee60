# mlops: PGXS build. `make check` and `make demo` do everything on a bare
# machine; the other targets are described in CONTRIBUTING.md.

EXTENSION   = mlops
EXTVERSION  = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" mlops.control)
MODULE_big  = mlops
OBJS        = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c)))
# Numbered, so that the order of the file names is the order of the script.
SQL_MODULES = $(sort $(wildcard sql/modules/[0-9][0-9]_*.sql))
DATA_built  = sql/mlops--$(EXTVERSION).sql
DATA        = $(filter-out $(DATA_built),$(wildcard sql/mlops--*--*.sql))

PG_CPPFLAGS = -I$(CURDIR)/src
# -std: the kernels are C11; server headers up to 18 accept it as gnu11.
PG_CFLAGS   = -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
              -Wno-missing-field-initializers -fvisibility=hidden -ffp-contract=off
SHLIB_LINK  = -lm

REGRESS      = $(sort $(notdir $(basename $(wildcard test/sql/*.sql))))
REGRESS_OPTS = --inputdir=test --load-extension=mlops
ISOLATION    = $(sort $(notdir $(basename $(wildcard test/specs/*.spec))))
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=mlops
TAP_TESTS    = 1
PROVE_TESTS  = test/t/*.pl
PROVE_FLAGS += -I test/perl

EXTRA_CLEAN  = sql/mlops--$(EXTVERSION).sql build

# Targets that must work before any server package is installed.
SCRIPT_TARGETS = check demo bench calibrate simulate fuzz reference
ifneq ($(filter $(SCRIPT_TARGETS),$(MAKECMDGOALS)),)
.PHONY: $(SCRIPT_TARGETS)
check demo bench calibrate simulate:
	@scripts/$@
fuzz:
	@SUITE=fuzz FUZZ_SECONDS=$(or $(SECONDS),3600) scripts/check
reference:
	@scripts/reference
else

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(DATA_built): $(SQL_MODULES) mlops.control Makefile
	cat $(SQL_MODULES) > $@

# The loops over batches of values are written for vector units; -O2 leaves some
# of them alone.  (Results do not change: nothing here permits other rounding.)
$(filter src/kernel/%.o,$(OBJS)): override CFLAGS += -O3

# Every object depends on every header: the tree is small and a stale object
# costs more than a rebuild.
$(OBJS): $(wildcard src/*.h src/*/*.h src/*/*/*.h)
endif
