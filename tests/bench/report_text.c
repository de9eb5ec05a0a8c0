/* SPDX-License-Identifier: MIT */
/* The report for people: a case at a time, a line per peer, weft's standing last. */
#include "results.h"

#include <math.h>
#include <stdlib.h>

static void print_failures(const struct entry *entry, const char *of)
{
    for (unsigned i = 0; i < entry->sample_count; i++) {
        const struct sample *sample = &entry->samples[i];
        if (sample->state == SAMPLE_WRONG)
            printf("  %s%-18s   FAILED in round %u: %s\n", of, entry->peer->name, sample->round,
                   sample->text);
    }
}

/* Each failure is told; a peer that skips, skips every round. */
static void print_problems(const struct entry *entry)
{
    print_failures(entry, "");
    if (entry->sample_count > 0 && entry->samples[0].state == SAMPLE_SKIPPED)
        printf("  %-18s   skipped: %s\n", entry->peer->name, entry->samples[0].text);
}

static void print_entry(const struct entry *entry)
{
    char middle[32], least[32], most[32], range[80], cpus[32] = "", sleeps[32] = "", extra[40];

    print_problems(entry);
    if (entry->counted == 0)
        return;
    snprintf(range, sizeof(range), "(%s to %s)", figure(entry->least, least, sizeof(least)),
             figure(entry->most, most, sizeof(most)));
    if (entry->one->family != FAMILY_SIZE)
        snprintf(cpus, sizeof(cpus), "%.1f cpu", entry->cpus);
    if (isfinite(entry->sleeps))
        snprintf(sleeps, sizeof(sleeps), "%.2f sleeps/1000", entry->sleeps);
    entry_extra(entry, extra, sizeof(extra));
    printf("  %-18s %9s %-20s %8s  %-19s %-16s %s\n", entry->peer->name,
           figure(entry->median, middle, sizeof(middle)), range, cpus, sleeps, extra,
           peer_what(entry->peer, entry->one->family));
}

static int better_first(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
    int order;

    if (x->counted == 0 || y->counted == 0)
        return (x->counted == 0) - (y->counted == 0);
    if ((x->peer->kind >= KIND_BOUND) != (y->peer->kind >= KIND_BOUND))
        return (x->peer->kind >= KIND_BOUND) - (y->peer->kind >= KIND_BOUND);
    order = (x->median > y->median) - (x->median < y->median);
    return x->one->more_is_better ? -order : order;
}

static void print_ratio(const struct entry *weft, double other, const char *of, const char *whom)
{
    char text[32];

    printf(" %s %s (%s)", figure(entry_ratio(weft, other), text, sizeof(text)), of, whom);
}

/* Servers of a thread per connection are compared with the naive one. */
static void print_server_standing(const struct entry *weft, const struct entry *entries,
                                  size_t count)
{
    const struct entry *naive = entries_of_kind(entries, count, KIND_NAIVE);
    const struct entry *spins = entries_of_kind(entries, count, KIND_SPINS);

    if (spins != NULL) {
        printf(",");
        print_ratio(weft, spins->median, "of what never sleeps", spins->peer->name);
    }
    if (naive != NULL) {
        printf(",");
        print_ratio(weft, naive->median, "of the naive server", naive->peer->name);
    }
}

/* How weft stands: 0.5 is half as good. */
static void print_standing(const struct entry *weft, const struct entry *entries, size_t count)
{
    const struct entry *best = entries_best(entries, count), *bound = entries_bound(entries, count);
    char text[32];

    if (best == NULL && bound == NULL && weft->one->bound <= 0)
        return;
    printf("  %s:", weft->peer->name);
    if (best != NULL)
        print_ratio(weft, best->median, "of the best peer", best->peer->name);
    if (best != NULL && (bound != NULL || weft->one->bound > 0))
        printf(",");
    if (weft->one->bound > 0)
        print_ratio(weft, weft->one->bound, "of the bound",
                    figure(weft->one->bound, text, sizeof(text)));
    else if (bound != NULL)
        print_ratio(weft, bound->median, "of the bound",
                    peer_what(bound->peer, bound->one->family));
    if (family_has_servers(weft->one->family))
        print_server_standing(weft, entries, count);
    printf("\n");
}

void report_text(const struct entry *entries, size_t count)
{
    const struct bench_case *one = entries[0].one;
    const struct entry **order = calloc(count, sizeof(*order));

    need(order != NULL, "malloc");
    for (size_t i = 0; i < count; i++)
        order[i] = &entries[i];
    qsort(order, count, sizeof(*order), better_first);
    printf("\n%s  %s. %s, %s is better\n", one->name, one->title, one->unit,
           one->more_is_better ? "more" : "less");
    for (size_t i = 0; i < count; i++)
        print_entry(order[i]);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].peer->kind == KIND_WEFT && entries[i].counted > 0)
            print_standing(&entries[i], entries, count);
    }
    fflush(stdout);
    free(order);
}

void report_end(const struct results *results)
{
    printf("\n%u measurements in %.0f s, %u failed; %u disturbed by other work, %u more repeated "
           "because of it\n",
           results->runs, results->seconds, results->wrong, results->disturbed, results->discarded);
    for (size_t i = 0; i < results->count; i++) {
        char of[48];
        snprintf(of, sizeof(of), "%s: ", results->entries[i].one->name);
        print_failures(&results->entries[i], of);
    }
}
