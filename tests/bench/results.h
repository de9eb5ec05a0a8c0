/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_RESULTS_H
#define WEFT_BENCH_RESULTS_H

/* All that was measured, and what it comes to. */

#include <stdio.h>

#include "machine.h"
#include "measure.h"

/* One peer in one case. */
struct entry {
    const struct bench_case *one;
    const struct peer *peer;
    struct sample *samples; /* one per round */
    unsigned sample_count;
    /* Of the good samples, without disturbed ones where calm ones exist: */
    unsigned counted;
    double median, least, most;
    double cpus;   /* median of CPU seconds per second */
    double sleeps; /* median, per 1000 operations; NAN: not of this case */
};

struct results {
    const struct options *options;
    struct machine machine;
    double seconds;        /* the whole run */
    struct entry *entries; /* those of a case follow each other */
    size_t count, room;
    unsigned runs, disturbed, discarded, wrong, wrong_of_weft;
};

/* An empty entry at the end. */
struct entry *results_add(struct results *results, const struct bench_case *one,
                          const struct peer *peer);

/* Median, least and most of what was sampled. */
void entry_sum_up(struct entry *entry);

/* How the entry does beside the other: 1 as well, 2 twice as well; NAN: cannot be told. */
double entry_ratio(const struct entry *entry, double other);

/* Of the `count` entries of a case: weft's; the best of the libraries and naive programs;
 * the best bound. NULL: there is none that counts. */
const struct entry *entries_weft(const struct entry *entries, size_t count);
const struct entry *entries_best(const struct entry *entries, size_t count);
const struct entry *entries_bound(const struct entry *entries, size_t count);
const struct entry *entries_of_kind(const struct entry *entries, size_t count, enum kind kind);

/* How many of the entries from `first` on are of its case. */
size_t results_span(const struct results *results, size_t first);

/* The one thing a case has to say beside its figure, as "fair 1.3"; "": nothing. */
void entry_extra(const struct entry *entry, char *text, size_t size);

/* Reports. */
void report_text(const struct entry *entries, size_t count);
void report_end(const struct results *results);
bool report_json(const struct results *results, const char *path);
bool report_svg(const struct results *results, const char *path);

/* A figure with three digits that mean something. */
const char *figure(double value, char *text, size_t size);

#endif
