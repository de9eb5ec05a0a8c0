/* SPDX-License-Identifier: MIT */
/* Medians, who is best, and by how much. */
#include "results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry *results_add(struct results *results, const struct bench_case *one,
                          const struct peer *peer)
{
    struct entry *entry;

    if (results->count == results->room) {
        results->room = results->room * 2 + 64;
        results->entries = realloc(results->entries, results->room * sizeof(*results->entries));
        need(results->entries != NULL, "malloc");
    }
    entry = &results->entries[results->count++];
    memset(entry, 0, sizeof(*entry));
    entry->one = one;
    entry->peer = peer;
    entry->samples = calloc(results->options->repeat, sizeof(*entry->samples));
    need(entry->samples != NULL, "malloc");
    return entry;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *values, unsigned count)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof(*values), by_size);
    return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double sleeps_per_thousand(const struct entry *entry, const struct sample *sample)
{
    double sleeps = sample_field(sample, "csw");

    switch (entry->one->family) {
    case FAMILY_QUEUE:
    case FAMILY_PINGPONG:
    case FAMILY_POOL:
    case FAMILY_RESULT:
    case FAMILY_PPOOL:
    case FAMILY_PMAP:
    case FAMILY_IQUEUE:
    case FAMILY_IPING:
    case FAMILY_ECHO:
    case FAMILY_BULK:
    case FAMILY_DATAGRAM:
        return sleeps / (double)sample->work * 1e3;
    case FAMILY_LOCK:
        return sleeps / (sample_field(sample, "value") * sample_field(sample, "wall")) * 1e-3;
    default:
        return NAN;
    }
}

static bool counts(const struct sample *sample, bool disturbed_too)
{
    return sample->state == SAMPLE_GOOD && (disturbed_too || !sample->disturbed);
}

void entry_sum_up(struct entry *entry)
{
    double *values = calloc((size_t)entry->sample_count * 3 + 1, sizeof(*values));
    double *cpus = values + entry->sample_count, *sleeps = cpus + entry->sample_count;
    bool calm = false;
    unsigned n = 0;

    need(values != NULL, "malloc");
    for (unsigned i = 0; i < entry->sample_count; i++)
        calm = calm || counts(&entry->samples[i], false);
    for (unsigned i = 0; i < entry->sample_count; i++) {
        const struct sample *sample = &entry->samples[i];
        if (!counts(sample, !calm))
            continue;
        values[n] = sample_field(sample, "value");
        cpus[n] = sample_field(sample, "cpu") / sample_field(sample, "wall");
        sleeps[n++] = sleeps_per_thousand(entry, sample);
    }
    entry->counted = n;
    entry->median = median(values, n);
    entry->least = n > 0 ? values[0] : NAN;
    entry->most = n > 0 ? values[n - 1] : NAN;
    entry->cpus = median(cpus, n);
    entry->sleeps = median(sleeps, n);
    free(values);
}

double entry_ratio(const struct entry *entry, double other)
{
    double ratio = entry->one->more_is_better ? entry->median / other : other / entry->median;

    return isfinite(ratio) ? ratio : NAN;
}

/* The best of those kinds: a bit for each. */
static const struct entry *best(const struct entry *entries, size_t count, unsigned kinds)
{
    const struct entry *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (entries[i].counted == 0 || (kinds >> entries[i].peer->kind & 1) == 0)
            continue;
        if (found == NULL || (entries[i].one->more_is_better ? entries[i].median > found->median
                                                             : entries[i].median < found->median))
            found = &entries[i];
    }
    return found;
}

const struct entry *entries_weft(const struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i].peer->kind == KIND_WEFT && entries[i].counted > 0)
            return &entries[i];
    }
    return NULL;
}

const struct entry *entries_best(const struct entry *entries, size_t count)
{
    return best(entries, count, 1u << KIND_LIBRARY | 1u << KIND_NAIVE);
}

const struct entry *entries_bound(const struct entry *entries, size_t count)
{
    return best(entries, count, 1u << KIND_BOUND);
}

const struct entry *entries_of_kind(const struct entry *entries, size_t count, enum kind kind)
{
    return best(entries, count, 1u << kind);
}

size_t results_span(const struct results *results, size_t first)
{
    size_t next = first;

    while (next < results->count && results->entries[next].one == results->entries[first].one)
        next++;
    return next - first;
}

void entry_extra(const struct entry *entry, char *text, size_t size)
{
    const struct sample *last = &entry->samples[entry->sample_count - 1];

    text[0] = '\0';
    for (unsigned i = 0; i < last->field_count; i++) {
        const struct field *field = &last->fields[i];
        if (strcmp(field->name, "fair") == 0)
            snprintf(text, size, "fair %.2f", field->value);
        else if (strcmp(field->name, "off_caller") == 0)
            snprintf(text, size, "%.0f%% off caller", field->value * 100);
        else if (strcmp(field->name, "allocations") == 0)
            snprintf(text, size, "%.2f allocations", field->value);
        else if (strcmp(field->name, "memory") == 0)
            snprintf(text, size, "memory %.2f x", field->value);
        else if (strcmp(field->name, "waker") == 0)
            snprintf(text, size, "waker %.0f ns", field->value);
        else if (strcmp(field->name, "server_us") == 0)
            snprintf(text, size, "server %.2f us", field->value);
        else if (strcmp(field->name, "mib") == 0)
            snprintf(text, size, "%.1f MiB more", field->value);
    }
}

const char *figure(double value, char *text, size_t size)
{
    double x = fabs(value);

    if (!isfinite(value))
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.*f", x >= 100 ? 0 : x >= 10 ? 1 : x >= 1 || x == 0 ? 2 : 3, value);
    return text;
}
