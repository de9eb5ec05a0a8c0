/* SPDX-License-Identifier: MIT */
/* One measurement's clocks and counts, and the line of JSON that it prints. */
#include "bench.h"

#include <stdio.h>

#include "tree.h"

void run_begin(struct run *run)
{
    struct spent spent = tree_spent(run->with_children);

    run->sleeps = -spent.sleeps;
    run->cpu = -spent.cpu;
    run->seconds = -now();
}

void run_end(struct run *run)
{
    struct spent spent;

    run->seconds += now();
    spent = tree_spent(run->with_children);
    run->cpu += spent.cpu;
    run->sleeps += spent.sleeps;
}

void run_note(struct run *run, const char *name, double value)
{
    if (run->note_count < sizeof(run->notes) / sizeof(run->notes[0]))
        run->notes[run->note_count++] = (struct note){name, value};
}

int run_print(const struct run *run)
{
    if (run->skip != NULL) {
        printf("{\"skip\": \"%s\"}\n", run->skip);
        return 0;
    }
    if (run->wrong != NULL) {
        printf("{\"wrong\": \"%s\"}\n", run->wrong);
        return 1;
    }
    printf("{\"value\": %.9g, \"unit\": \"%s\", \"wall\": %.9g, \"cpu\": %.9g, \"csw\": %.0f",
           run->value, run->unit, run->seconds, run->cpu, run->sleeps);
    for (unsigned i = 0; i < run->note_count; i++)
        printf(", \"%s\": %.9g", run->notes[i].name, run->notes[i].value);
    printf("}\n");
    return 0;
}
