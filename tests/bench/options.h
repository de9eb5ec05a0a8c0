/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_OPTIONS_H
#define WEFT_BENCH_OPTIONS_H

/* What the command line asks for. */

#include <stdbool.h>

#include "cases.h"
#include "peers.h"

struct options {
    bool list, help;
    bool processes, network;     /* cases of processes, of servers alone */
    const char **cases, **peers; /* names; NULL at the end; none: all */
    unsigned repeat;
    unsigned scale;   /* percent of the work */
    double limit;     /* seconds that one measurement may take */
    const char *json; /* files; NULL: none */
    const char *svg;
    const char *cpus; /* "0,1,4-7"; NULL: all */
};

/* False: it was wrong, and that has been said. */
bool options_read(struct options *options, char **argv);

bool options_want_case(const struct options *options, const struct bench_case *one);
bool options_want_peer(const struct options *options, const struct peer *peer);

/* This process and its children stay on those CPUs. False: there are none of these. */
bool options_use_cpus(const char *cpus);

#endif
