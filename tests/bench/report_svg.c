/* SPDX-License-Identifier: MIT */
/* A picture: a panel per case, a bar per peer, the best on top, weft in a colour of its own. */
#include "results.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 980
#define ROW 20
#define BAR_LEFT 370
#define BAR_ROOM 430
#define PANEL_HEAD 46
#define PANEL_GAP 18
#define TOP 64

static void put_text(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static const char *colour(enum kind kind)
{
    static const char *const colours[] = {
        [KIND_WEFT] = "#d9480f",  [KIND_LIBRARY] = "#5b7f9d", [KIND_NAIVE] = "#a8b4bf",
        [KIND_OTHER] = "#ced4da", [KIND_BOUND] = "#dcd3c0",   [KIND_SPINS] = "#efe9dc",
    };

    return colours[kind];
}

static void put_row(FILE *file, const struct entry *entry, double full, double y)
{
    double scale = BAR_ROOM / full, end = BAR_LEFT + fmin(entry->median, full) * scale;
    double whisker = BAR_LEFT + fmin(entry->most, full) * scale;
    const char *weight = entry->peer->kind == KIND_WEFT ? " font-weight=\"bold\"" : "";
    char text[32];

    fprintf(file, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\"%s>", BAR_LEFT - 8, y + 14, weight);
    put_text(file, entry->peer->name);
    fprintf(file, "<tspan dx=\"8\" fill=\"#868e96\" font-weight=\"normal\">");
    put_text(file, peer_what(entry->peer, entry->one->family));
    fprintf(file,
            "</tspan></text>\n<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" "
            "fill=\"%s\"/>\n",
            BAR_LEFT, y + 3, fmax(end - BAR_LEFT, 1), ROW - 6, colour(entry->peer->kind));
    fprintf(file, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#343a40\"/>\n",
            BAR_LEFT + fmin(entry->least, full) * scale, y + ROW / 2.0, whisker);
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\"%s>%s%s", fmax(end, whisker) + 7, y + 14, weight,
            entry->median > full ? "\u2192 " : "", figure(entry->median, text, sizeof(text)));
    if (entry->one->family != FAMILY_SIZE)
        fprintf(file, "<tspan dx=\"8\" fill=\"#868e96\" font-weight=\"normal\">%.1f cpu</tspan>",
                entry->cpus);
    fprintf(file, "</text>\n");
}

static int better_first(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
    int order = (x->median > y->median) - (x->median < y->median);

    return x->one->more_is_better ? -order : order;
}

/* How high it became. */
static double put_panel(FILE *file, const struct entry *entries, size_t count, double y)
{
    const struct bench_case *one = entries[0].one;
    const struct entry **rows = calloc(count, sizeof(*rows));
    size_t shown = 0;
    double full = 0;

    need(rows != NULL, "malloc");
    for (size_t i = 0; i < count; i++) {
        if (entries[i].counted > 0) {
            rows[shown++] = &entries[i];
            if (entries[i].peer->kind != KIND_OTHER) /* may run off the scale */
                full = fmax(full, entries[i].most);
        }
    }
    qsort(rows, shown, sizeof(*rows), better_first);
    fprintf(file, "<text x=\"20\" y=\"%.1f\" font-size=\"15\" font-weight=\"bold\">", y + 20);
    put_text(file, one->title);
    fprintf(
        file,
        "<tspan dx=\"10\" fill=\"#868e96\" font-weight=\"normal\" font-size=\"12\">%s, %s, %s is "
        "better</tspan></text>\n",
        one->name, one->unit, one->more_is_better ? "more" : "less");
    fprintf(file, "<path d=\"M20 %.1fH%d\" stroke=\"#dee2e6\"/>\n", y + 30, WIDTH - 20);
    for (size_t i = 0; i < shown; i++)
        put_row(file, rows[i], full > 0 ? full : 1, y + PANEL_HEAD - 10 + (double)i * ROW);
    free(rows);
    return PANEL_HEAD + (double)shown * ROW + PANEL_GAP;
}

static void put_head(FILE *file, const struct results *results, double height)
{
    const struct machine *machine = &results->machine;
    char text[400];

    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
            "font-family=\"sans-serif\" font-size=\"12\" fill=\"#212529\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
            WIDTH, height);
    snprintf(text, sizeof(text), "%s, %u CPUs, %s, %s; medians of %u, line: least to most",
             machine->processor, machine->cpus, machine->system, machine->date,
             results->options->repeat);
    fprintf(file, "<text x=\"20\" y=\"32\" font-size=\"20\" font-weight=\"bold\">weft and its "
                  "peers</text>\n<text x=\"20\" y=\"52\" fill=\"#868e96\">");
    put_text(file, text);
    fprintf(file, "</text>\n");
}

bool report_svg(const struct results *results, const char *path)
{
    FILE *file = fopen(path, "w");
    double y = TOP, height = TOP;

    if (file == NULL)
        return false;
    for (size_t i = 0, span; i < results->count; i += span) {
        span = results_span(results, i);
        height += PANEL_HEAD + PANEL_GAP;
        for (size_t k = i; k < i + span; k++)
            height += results->entries[k].counted > 0 ? ROW : 0;
    }
    put_head(file, results, height);
    for (size_t i = 0, span; i < results->count; i += span) {
        span = results_span(results, i);
        y += put_panel(file, &results->entries[i], span, y);
    }
    fprintf(file, "</svg>\n");
    return fclose(file) == 0;
}
