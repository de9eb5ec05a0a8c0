/* SPDX-License-Identifier: MIT */
/*
 * weft-bench: what weft's queues, pools, locks, threads and processes cost, beside its peers.
 *
 * Exit code 0: all that was measured of weft passed its check; 1: not; 2: the command line
 * is wrong. What a peer fails at is told. --measure is for the driver: it makes one
 * measurement in this process. --serve is for measurements: it is a server. --watch looks at the
 * memory of others meanwhile.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft.h>

#include "net.h"
#include "results.h"
#include "tree.h"

static int show_help(void)
{
    puts("usage: weft-bench [options]\n\n"
         "  --list             the cases, and which peers do them\n"
         "  --case NAME ...    these cases alone\n"
         "  --processes        the cases of processes alone\n"
         "  --network          the cases of servers alone\n"
         "  --peer NAME ...    these peers alone\n"
         "  --repeat N         rounds (5); in each, all peers of a case in turn\n"
         "  --scale PERCENT    how much work (100)\n"
         "  --cpus LIST        use these CPUs alone: 0,1,4-7\n"
         "  --limit SECONDS    what one measurement may take (120)\n"
         "  --json FILE        all samples, the machine and the versions\n"
         "  --svg FILE         the same as bars\n"
         "  --help             this text\n\n"
         "Each measurement is a process of its own. Exit code: 0 weft's passed their\n"
         "checks, 1 some did not, 2 wrong usage. Not built on Windows.");
    return 0;
}

static int show_list(const struct options *options)
{
    for (size_t i = 0; i < bench_case_count; i++) {
        const struct bench_case *one = &bench_cases[i];
        if (!options_want_case(options, one))
            continue;
        printf("%-21s %s (%s)\n", one->name, one->title, one->unit);
        for (size_t k = 0; k < bench_peer_count; k++) {
            const char *what = peer_what(bench_peers[k], one->family);
            if (what != NULL && options_want_peer(options, bench_peers[k]))
                printf("    %-18s %s\n", bench_peers[k]->name, what);
        }
    }
    return 0;
}

static void print_misuse(int code, const char *sentence)
{
    (void)code;
    fprintf(stderr, "weft-bench: %s\n", sentence);
    exit(1);
}

/* --measure FAMILY PEER WORK A B, as the programs of foreign peers take it too. */
static int measure_one(char **argv)
{
    enum family family = family_find(argv[0]);
    const struct peer *peer = family == FAMILY_COUNT ? NULL : peer_find(argv[1], family);
    struct run run = {.work = strtoull(argv[2], NULL, 10),
                      .a = (unsigned)strtoul(argv[3], NULL, 10),
                      .b = (unsigned)strtoul(argv[4], NULL, 10)};
    int code;

    weft_on_misuse(print_misuse);
    need(peer != NULL && (peer->foreign == NULL || family_has_servers(family)),
         "--measure: no such family and peer here:");
    code = measure_here(family, peer, &run);
    fflush(stdout);
    _exit(code); /* threads of peers may still wait for work */
}

/* --serve PEER KIND CONNECTIONS: until it is killed. */
static int serve_one(char **argv)
{
    weft_on_misuse(print_misuse);
    net_serve(argv[0], argv[1], (unsigned)strtoul(argv[2], NULL, 10));
    need(0, "--serve: no such peer here:");
    return 1;
}

static void count_sample(struct results *results, const struct peer *peer,
                         const struct sample *sample)
{
    results->runs++;
    results->disturbed += sample->disturbed ? 1 : 0;
    results->discarded += sample->discarded;
    if (sample->state == SAMPLE_WRONG) {
        results->wrong++;
        results->wrong_of_weft += peer->kind == KIND_WEFT ? 1 : 0;
    }
}

/* Round by round, so that a change of the machine's pace meets all peers alike. */
static void drive_case(struct results *results, const struct bench_case *one)
{
    const struct options *options = results->options;
    size_t first = results->count;

    for (size_t i = 0; i < bench_peer_count; i++) {
        if (peer_what(bench_peers[i], one->family) != NULL &&
            options_want_peer(options, bench_peers[i]))
            results_add(results, one, bench_peers[i]);
    }
    for (unsigned round = 0; round < options->repeat; round++) {
        for (size_t i = first; i < results->count; i++) {
            struct entry *entry = &results->entries[i];
            struct sample *sample = &entry->samples[entry->sample_count++];
            if (isatty(STDERR_FILENO))
                fprintf(stderr, "\r\033[K%s %u/%u %s", one->name, round + 1, options->repeat,
                        entry->peer->name);
            sample->round = round + 1;
            measure(options, one, entry->peer, sample);
            count_sample(results, entry->peer, sample);
        }
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    for (size_t i = first; i < results->count; i++)
        entry_sum_up(&results->entries[i]);
    if (results->count > first)
        report_text(&results->entries[first], results->count - first);
}

static int drive(const struct options *options)
{
    struct results results = {.options = options, .seconds = -now()};
    int code;

    machine_read(&results.machine);
    printf("%s, %u CPUs, %s, %s, weft's %s backend\n", results.machine.processor,
           results.machine.cpus, results.machine.system, results.machine.compiler,
           weft_caps()->backend);
    for (size_t i = 0; i < bench_case_count; i++) {
        if (options_want_case(options, &bench_cases[i]))
            drive_case(&results, &bench_cases[i]);
    }
    results.seconds += now();
    report_end(&results);
    code = results.wrong_of_weft > 0 ? 1 : 0;
    if (options->json != NULL && !report_json(&results, options->json)) {
        fprintf(stderr, "weft-bench: cannot write %s\n", options->json);
        code = 1;
    }
    if (options->svg != NULL && !report_svg(&results, options->svg)) {
        fprintf(stderr, "weft-bench: cannot write %s\n", options->svg);
        code = 1;
    }
    return code;
}

int main(int argc, char **argv)
{
    struct options options;

    weft_main(&argc, &argv);
    if (argc == 3 && strcmp(argv[1], "--watch") == 0)
        return watch_run((pid_t)strtol(argv[2], NULL, 10));
    if (argc == 7 && strcmp(argv[1], "--measure") == 0)
        return measure_one(argv + 2);
    if (argc == 5 && strcmp(argv[1], "--serve") == 0)
        return serve_one(argv + 2);
    if (!options_read(&options, argv + (argc > 0 ? 1 : 0)))
        return 2;
    if (options.cpus != NULL && !options_use_cpus(options.cpus))
        return 2;
    if (options.help)
        return show_help();
    if (options.list)
        return show_list(&options);
    return drive(&options);
}
