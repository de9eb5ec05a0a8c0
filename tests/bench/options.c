/* SPDX-License-Identifier: MIT */
/* Reads the command line. */
#include "options.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *text, const char *what)
{
    fprintf(stderr, "weft-bench: %s%s (--help tells more)\n", text, what);
    return false;
}

static bool is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0;
}

/* The words up to the next option, as a list of their own. */
static const char **take_names(char ***words)
{
    size_t count = 0;
    const char **names;

    while ((*words)[count] != NULL && !is_option((*words)[count]))
        count++;
    names = calloc(count + 1, sizeof(*names));
    need(names != NULL, "malloc");
    for (size_t i = 0; i < count; i++)
        names[i] = (*words)[i];
    *words += count;
    return names;
}

static bool take_number(const char *word, unsigned least, unsigned most, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(word, &end, 10);

    if (*word == '\0' || *end != '\0' || value < least || value > most)
        return complain("not a number that fits here: ", word);
    *number = (unsigned)value;
    return true;
}

/* An option with one value. */
static bool take_value(struct options *options, const char *option, const char *value)
{
    unsigned seconds;

    if (value == NULL || is_option(value))
        return complain("a value is missing after ", option);
    if (strcmp(option, "--repeat") == 0)
        return take_number(value, 1, 1000, &options->repeat);
    if (strcmp(option, "--scale") == 0)
        return take_number(value, 1, 10000, &options->scale);
    if (strcmp(option, "--json") == 0)
        options->json = value;
    else if (strcmp(option, "--svg") == 0)
        options->svg = value;
    else if (strcmp(option, "--cpus") == 0)
        options->cpus = value;
    else if (strcmp(option, "--limit") == 0) {
        if (!take_number(value, 1, 86400, &seconds))
            return false;
        options->limit = seconds;
    } else
        return complain("there is no option ", option);
    return true;
}

static bool check_names(const struct options *options)
{
    for (const char **name = options->cases; name != NULL && *name != NULL; name++) {
        if (case_find(*name) == NULL)
            return complain("there is no case ", *name);
    }
    for (const char **name = options->peers; name != NULL && *name != NULL; name++) {
        if (!peer_exists(*name))
            return complain("this build has no peer ", *name);
    }
    return true;
}

bool options_read(struct options *options, char **argv)
{
    *options = (struct options){.repeat = 5, .scale = 100, .limit = 120};
    while (*argv != NULL) {
        const char *word = *argv++;
        if (strcmp(word, "--list") == 0) {
            options->list = true;
        } else if (strcmp(word, "--help") == 0) {
            options->help = true;
        } else if (strcmp(word, "--processes") == 0) {
            options->processes = true;
        } else if (strcmp(word, "--network") == 0) {
            options->network = true;
        } else if (strcmp(word, "--case") == 0) {
            options->cases = take_names(&argv);
        } else if (strcmp(word, "--peer") == 0) {
            options->peers = take_names(&argv);
        } else if (is_option(word)) {
            if (!take_value(options, word, *argv))
                return false;
            argv++;
        } else {
            return complain("what is ", word);
        }
    }
    return check_names(options);
}

static bool among(const char **names, const char *name)
{
    if (names == NULL || *names == NULL)
        return true;
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

bool options_want_case(const struct options *options, const struct bench_case *one)
{
    return among(options->cases, one->name) &&
           (!options->processes || family_has_processes(one->family)) &&
           (!options->network || family_has_servers(one->family));
}

bool options_want_peer(const struct options *options, const struct peer *peer)
{
    return among(options->peers, peer->name);
}

bool options_use_cpus(const char *cpus)
{
    cpu_set_t set;
    char *end;

    CPU_ZERO(&set);
    for (;;) {
        long first = strtol(cpus, &end, 10), last = first;
        if (end == cpus || first < 0)
            return complain("not a list of CPUs: ", cpus);
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        for (long cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++)
            CPU_SET((size_t)cpu, &set);
        if (*end == '\0')
            break;
        if (*end != ',')
            return complain("not a list of CPUs: ", cpus);
        cpus = end + 1;
    }
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        return complain("this machine does not have these CPUs: ", cpus);
    return true;
}
