/* SPDX-License-Identifier: MIT */
/* Everything as one JSON object: the machine, the peers, all samples, what they come to. */
#include "results.h"

#include <math.h>
#include <string.h>

#include <weft.h>

static void put_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(file, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

static void put_named_text(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\": ", name);
    put_text(file, text);
}

static void put_number(FILE *file, const char *name, double value)
{
    if (isfinite(value))
        fprintf(file, ", \"%s\": %.9g", name, value);
    else
        fprintf(file, ", \"%s\": null", name);
}

static void put_machine(FILE *file, const struct results *results)
{
    const struct machine *machine = &results->machine;
    const struct options *options = results->options;

    fprintf(file, "{\n\"machine\": {");
    put_named_text(file, "system", machine->system);
    fprintf(file, ", ");
    put_named_text(file, "processor", machine->processor);
    fprintf(file, ", ");
    put_named_text(file, "compiler", machine->compiler);
    fprintf(file, ", ");
    put_named_text(file, "date", machine->date);
    fprintf(file, ", ");
    put_named_text(file, "backend", weft_caps()->backend);
    fprintf(file, ", \"cpus\": %u", machine->cpus);
    put_number(file, "memory_gib", machine->memory);
    fprintf(file, "},\n\"options\": {\"repeat\": %u, \"scale\": %u},\n", options->repeat,
            options->scale);
    fprintf(file, "\"runs\": %u, \"failed\": %u, \"disturbed\": %u, \"repeated\": %u",
            results->runs, results->wrong, results->disturbed, results->discarded);
    put_number(file, "seconds", results->seconds);
}

static bool seen_before(size_t peer)
{
    for (size_t i = 0; i < peer; i++) {
        if (strcmp(bench_peers[i]->name, bench_peers[peer]->name) == 0)
            return true;
    }
    return false;
}

static void put_peers(FILE *file)
{
    fprintf(file, ",\n\"peers\": [");
    for (size_t i = 0, written = 0; i < bench_peer_count; i++) {
        if (seen_before(i))
            continue;
        fprintf(file, "%s\n  {", written++ > 0 ? "," : "");
        put_named_text(file, "name", bench_peers[i]->name);
        fprintf(file, ", ");
        put_named_text(file, "version", peer_version(bench_peers[i]));
        fprintf(file, "}");
    }
    fprintf(file, "\n]");
}

static void put_sample(FILE *file, const struct sample *sample)
{
    static const char *const states[] = {"good", "skipped", "wrong"};

    fprintf(file, "\n      {\"round\": %u, \"state\": \"%s\", \"work\": %llu", sample->round,
            states[sample->state], (unsigned long long)sample->work);
    for (unsigned i = 0; i < sample->field_count; i++)
        put_number(file, sample->fields[i].name, sample->fields[i].value);
    put_number(file, "others", sample->others);
    fprintf(file, ", \"disturbed\": %s, \"repeated\": %u", sample->disturbed ? "true" : "false",
            sample->discarded);
    if (sample->state != SAMPLE_GOOD) {
        fprintf(file, ", ");
        put_named_text(file, "why", sample->text);
    }
    fprintf(file, "}");
}

static void put_entry(FILE *file, const struct entry *entry)
{
    static const char *const kinds[] = {"weft", "library", "naive", "other", "bound"};

    fprintf(file, "    {");
    put_named_text(file, "peer", entry->peer->name);
    fprintf(file, ", \"kind\": \"%s\", ", kinds[entry->peer->kind]);
    put_named_text(file, "what", peer_what(entry->peer, entry->one->family));
    put_number(file, "median", entry->median);
    put_number(file, "min", entry->least);
    put_number(file, "max", entry->most);
    put_number(file, "cpus", entry->cpus);
    put_number(file, "sleeps_per_1000", entry->sleeps);
    fprintf(file, ", \"samples\": [");
    for (unsigned i = 0; i < entry->sample_count; i++) {
        put_sample(file, &entry->samples[i]);
        fprintf(file, i + 1 < entry->sample_count ? "," : "]}");
    }
}

static void put_case(FILE *file, const struct entry *entries, size_t count)
{
    const struct bench_case *one = entries[0].one;
    const struct entry *weft = entries_weft(entries, count);
    const struct entry *best = entries_best(entries, count);
    const struct entry *bound = entries_bound(entries, count);

    fprintf(file, "  {");
    put_named_text(file, "case", one->name);
    fprintf(file, ", ");
    put_named_text(file, "title", one->title);
    fprintf(file, ", ");
    put_named_text(file, "unit", one->unit);
    fprintf(file, ", \"better\": \"%s\", ", one->more_is_better ? "more" : "less");
    put_named_text(file, "best", best != NULL ? best->peer->name : "");
    put_number(file, "of_best",
               weft != NULL && best != NULL ? entry_ratio(weft, best->median) : NAN);
    if (one->bound > 0)
        put_number(file, "of_bound", weft != NULL ? entry_ratio(weft, one->bound) : NAN);
    else
        put_number(file, "of_bound",
                   weft != NULL && bound != NULL ? entry_ratio(weft, bound->median) : NAN);
    fprintf(file, ", \"results\": [\n");
    for (size_t i = 0; i < count; i++) {
        put_entry(file, &entries[i]);
        fprintf(file, i + 1 < count ? ",\n" : "\n  ]}");
    }
}

bool report_json(const struct results *results, const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    put_machine(file, results);
    put_peers(file);
    fprintf(file, ",\n\"cases\": [");
    for (size_t i = 0, span; i < results->count; i += span) {
        span = results_span(results, i);
        fprintf(file, i > 0 ? ",\n" : "\n");
        put_case(file, &results->entries[i], span);
    }
    fprintf(file, "\n]}\n");
    return fclose(file) == 0;
}
