/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_MEASURE_H
#define WEFT_BENCH_MEASURE_H

/* One measurement in a process of its own, as the driver sees it. */

#include "options.h"

enum sample_state {
    SAMPLE_GOOD,
    SAMPLE_SKIPPED, /* the peer cannot do this one; `text` says why */
    SAMPLE_WRONG    /* its check failed, or it crashed or hung; `text` says so */
};

struct field {
    char name[16];
    double value;
};

struct sample {
    enum sample_state state;
    unsigned round;
    bool disturbed;
    unsigned discarded; /* disturbed ones before this one */
    double others;      /* CPUs that other programs used meanwhile */
    uint64_t work;
    char text[120];
    struct field fields[10]; /* value, wall, cpu, csw, and the case's own */
    unsigned field_count;
};

/* NAN: it has no such field. */
double sample_field(const struct sample *sample, const char *name);

void measure(const struct options *options, const struct bench_case *one, const struct peer *peer,
             struct sample *sample);

#endif
