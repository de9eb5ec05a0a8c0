/* SPDX-License-Identifier: MIT */
/* Priority, CPUs, and the name that the system shows. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "weft/caps.h"

enum { CPUS = 1024, TEXT = 512 };

/* The calling thread's own file of /proc, which Linux has; false elsewhere. */
static bool read_own(const char *file, char text[TEXT])
{
    char path[TEXT];
    FILE *stream;
    size_t length;

    snprintf(path, sizeof(path), "/proc/thread-self/%s", file);
    stream = strcmp(weft_caps()->system, "linux") == 0 ? fopen(path, "r") : NULL;
    if (!stream)
        return false;
    length = fread(text, 1, TEXT - 1, stream);
    fclose(stream);
    text[length] = '\0';
    return true;
}

static bool is_native_linux(void)
{
    return strcmp(weft_caps()->system, "linux") == 0 && strcmp(weft_caps()->backend, "native") == 0;
}

/* ---- priority --------------------------------------------------------------------- */

struct priorities {
    int low, high, normal;
    bool sentences;          /* each error had one */
    int nice_low, nice_high; /* as Linux shows them; -100: not known */
};

static int set(enum weft_priority priority, struct priorities *p)
{
    int err = weft_thread_priority_set(priority);

    p->sentences = p->sentences && (err == 0 || strchr(weft_last_error(), ' '));
    return err;
}

/* The 19th field of stat; the second, a name, ends with the last parenthesis. */
static int own_nice(void)
{
    char text[TEXT];
    char *at = read_own("stat", text) ? strrchr(text, ')') : NULL;
    int nice = -100;

    for (int field = 2; at && field < 19; field++)
        at = strchr(at + 1, ' ');
    if (at && sscanf(at, "%d", &nice) != 1)
        nice = -100;
    return nice;
}

static int set_priorities(weft_task *task)
{
    struct priorities *p = WEFT_ARG(task, struct priorities *);

    p->sentences = true;
    p->low = set(WEFT_LOW, p);
    p->nice_low = own_nice();
    p->high = set(WEFT_HIGH, p);
    p->nice_high = own_nice();
    p->normal = set(WEFT_NORMAL, p);
    return 0;
}

static bool is_allowed(int err)
{
    return weft_caps()->thread_priority ? err == 0 || err == WEFT_EPERM : err == WEFT_ENOTSUP;
}

static void a_thread_sets_its_priority_where_the_system_lets_it(void)
{
    struct priorities p = {0};
    weft_thread *thread;
    int before = own_nice();

    start_threads(&thread, 1, set_priorities, &p);
    join_threads(&thread, 1);
    CU_ASSERT_TRUE(is_allowed(p.low));
    CU_ASSERT_TRUE(is_allowed(p.high));
    CU_ASSERT_TRUE(is_allowed(p.normal));
    CU_ASSERT_TRUE(p.sentences);
    if (is_native_linux() && before == 0) {
        CU_ASSERT_EQUAL(p.low, 0); /* anyone may lower his own */
        CU_ASSERT_EQUAL(p.nice_low, 5);
        CU_ASSERT_EQUAL(p.nice_high, p.high == 0 ? -5 : 5);
    }
    CU_ASSERT_EQUAL(own_nice(), before); /* of this thread nothing was changed */
}

/* ---- affinity --------------------------------------------------------------------- */

struct affinities {
    int all, one, none_there; /* -1 with `one`: no CPU at all could be chosen */
    unsigned count_with_one;
};

static int set_affinities(weft_task *task)
{
    struct affinities *a = WEFT_ARG(task, struct affinities *);
    unsigned all[CPUS], last = CPUS - 1;

    for (unsigned i = 0; i < CPUS; i++)
        all[i] = i;
    a->all = weft_thread_affinity_set(all, CPUS);
    a->none_there = weft_thread_affinity_set(&last, 1);
    a->one = -1;
    for (unsigned i = 0; i < CPUS && a->one != 0; i++)
        a->one = weft_thread_affinity_set(&i, 1);
    a->count_with_one = weft_cpu_count();
    return 0;
}

static void a_thread_runs_on_the_cpus_that_it_names(void)
{
    struct affinities a = {.all = -1};
    unsigned before = weft_cpu_count();
    weft_thread *thread;

    start_threads(&thread, 1, set_affinities, &a);
    join_threads(&thread, 1);
    if (!weft_caps()->thread_affinity) {
        CU_ASSERT_EQUAL(a.one, WEFT_ENOTSUP);
        return;
    }
    CU_ASSERT_EQUAL(a.one, 0);
    if (strcmp(weft_caps()->system, "windows") == 0) {
        CU_ASSERT_EQUAL(a.all, WEFT_EINVAL); /* more numbers than a mask has */
    } else {
        CU_ASSERT_EQUAL(a.all, 0);
        CU_ASSERT_EQUAL(a.count_with_one, 1);
    }
    if (before < CPUS)
        CU_ASSERT_EQUAL(a.none_there, WEFT_EINVAL);
    CU_ASSERT_EQUAL(weft_cpu_count(), before);
}

static void no_cpu_and_impossible_ones_are_refused(void)
{
    unsigned beyond[] = {0, CPUS};

    CHECK_ERROR(weft_thread_affinity_set(beyond, 0), WEFT_EINVAL);
    CHECK_ERROR(weft_thread_affinity_set(beyond, 2), WEFT_EINVAL);
    CHECK_SENTENCE("1024");
}

/* ---- the name that the system shows ------------------------------------------------ */

static int read_own_name(weft_task *task)
{
    char *text = WEFT_ARG(task, char *);

    if (!read_own("comm", text))
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return 0;
}

static void check_shown_name(const char *name, const char *shown)
{
    char text[TEXT] = "", *argument = text;
    weft_thread *thread;

    CHECK_OK(weft_thread_start_with(&thread, read_own_name, &argument, sizeof(argument),
                                    &(weft_thread_options){.name = name}));
    join_threads(&thread, 1);
    CU_ASSERT_STRING_EQUAL(text, shown);
}

static void the_system_shows_whole_characters_of_a_name(void)
{
    if (!is_native_linux()) {
        skip("only Linux shows names in files");
        return;
    }
    check_shown_name("reader", "reader");
    check_shown_name("a name of fifteen bytes and more", "a name of fifte");
    check_shown_name("fourteen bytes\xe8\xaf\xbb\xe8\x80\x85", "fourteen bytes");
    check_shown_name("twelve bytes\xe8\xaf\xbb\xe8\x80\x85", "twelve bytes\xe8\xaf\xbb");
}

const char *const suite_name = "thread_schedule";
CU_TestInfo suite_cases[] = {
    {"a_thread_sets_its_priority_where_the_system_lets_it",
     a_thread_sets_its_priority_where_the_system_lets_it},
    {"a_thread_runs_on_the_cpus_that_it_names", a_thread_runs_on_the_cpus_that_it_names},
    {"no_cpu_and_impossible_ones_are_refused", no_cpu_and_impossible_ones_are_refused},
    {"the_system_shows_whole_characters_of_a_name", the_system_shows_whole_characters_of_a_name},
    CU_TEST_INFO_NULL,
};
