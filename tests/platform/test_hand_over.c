/* SPDX-License-Identifier: MIT */
/* Open files and sockets that a parent hands over by name. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "file.h"
#include "program.h"
#include "system.h"
#include "weft/caps.h"
#include "weft/socket.h"

enum { MOST = 16 };

static weft_process *start_heir(weft_function *function, const weft_handover *things, size_t count)
{
    const weft_process_options options = {.hand_over = things, .hand_over_count = count};
    weft_process *process = NULL;

    CHECK_OK(weft_process_start_with(&process, function, NULL, 0, &options));
    return process;
}

/* ---- files ------------------------------------------------------------------------- */

/* The text that is left to read in what was handed over. */
static int read_heir(const char *name, char *text, size_t size)
{
    int descriptor = -1;
    int err = weft_process_file(&descriptor, name);
    FILE *file = err == 0 ? file_of(descriptor, "rb") : NULL;

    if (err != 0)
        return err;
    if (!file || !fgets(text, (int)size, file))
        return WEFT_EFAILED;
    return fclose(file) == 0 ? 0 : WEFT_EFAILED;
}

static int read_the_letter(weft_task *task)
{
    char text[64];

    REQUIRE(task, read_heir("letter", text, sizeof(text)) == 0);
    REQUIRE(task, strcmp(text, "dear child") == 0);
    return 0;
}

static void a_function_gets_a_file_by_its_name(void)
{
    const char *const name = "weft-test-letter.txt";
    FILE *file;

    write_file(name, "dear child");
    file = fopen(name, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    const weft_handover letter = {.name = "letter", .file = descriptor_of(file)};
    join_process(start_heir(read_the_letter, &letter, 1));
    CU_ASSERT_EQUAL(fclose(file), 0); /* it stayed ours */
    remove(name);
}

static int write_the_answer(weft_task *task)
{
    int descriptor = -1;
    FILE *file;

    REQUIRE(task, weft_process_file(&descriptor, "answer") == 0);
    file = file_of(descriptor, "wb");
    REQUIRE(task, file != NULL);
    REQUIRE(task, fputs("dear parent", file) >= 0);
    REQUIRE(task, fclose(file) == 0);
    return 0;
}

static void what_it_writes_is_in_the_file(void)
{
    const char *const name = "weft-test-answer.txt";
    FILE *file = fopen(name, "wb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    const weft_handover answer = {.name = "answer", .file = descriptor_of(file)};
    join_process(start_heir(write_the_answer, &answer, 1));
    fclose(file);
    CU_ASSERT_STRING_EQUAL(text_of_file(name), "dear parent");
    remove(name);
}

static int ask_for_what_there_is_not(weft_task *task)
{
    weft_socket *socket = NULL;
    int descriptor = -1;

    REQUIRE(task, weft_process_file(&descriptor, "postcard") == WEFT_ENOTFOUND);
    REQUIRE(task, strstr(weft_last_error(), "postcard") != NULL);
    REQUIRE(task, weft_process_file(&descriptor, NULL) == WEFT_ENOTFOUND);
    REQUIRE(task, weft_process_socket(&socket, "letter") == WEFT_ENOTFOUND);
    REQUIRE(task, strstr(weft_last_error(), "file") != NULL);
    REQUIRE(task, descriptor == -1 && !socket);
    REQUIRE(task, weft_process_file(&descriptor, "letter") == 0);
    REQUIRE(task, weft_process_file(&descriptor, "letter") == WEFT_ENOTFOUND);
    REQUIRE(task, strstr(weft_last_error(), "before") != NULL);
    return 0;
}

static void each_thing_is_given_once_and_under_its_own_name(void)
{
    const weft_handover letter = {.name = "letter", .file = descriptor_of(stderr)};
    int descriptor = -1;

    join_process(start_heir(ask_for_what_there_is_not, &letter, 1));
    CHECK_ERROR(weft_process_file(&descriptor, "letter"), WEFT_ENOTFOUND); /* not to us */
    CU_ASSERT_EQUAL(descriptor, -1);
}

static void name_of(int number, char name[32])
{
    snprintf(name, 32, "weft-test-%d.txt", number);
}

static int read_them_all(weft_task *task)
{
    char name[32], text[64];

    for (int i = MOST - 1; i >= 0; i--) {
        name_of(i, name);
        REQUIRE(task, read_heir(name, text, sizeof(text)) == 0);
        REQUIRE(task, strcmp(text, name) == 0);
    }
    return 0;
}

/* Their numbers here are among those that they get there. */
static void sixteen_do_not_get_into_each_others_way(void)
{
    weft_handover things[MOST];
    char names[MOST][32];
    FILE *files[MOST];

    for (int i = 0; i < MOST; i++) {
        name_of(i, names[i]);
        write_file(names[i], names[i]);
        files[i] = fopen(names[i], "rb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(files[i]);
    }
    for (int i = 0; i < MOST; i++)
        things[i] = (weft_handover){.name = names[MOST - 1 - i],
                                    .file = descriptor_of(files[MOST - 1 - i])};
    join_process(start_heir(read_them_all, things, MOST));
    for (int i = 0; i < MOST; i++) {
        fclose(files[i]);
        remove(names[i]);
    }
}

static void a_descriptor_that_is_not_open_is_named(void)
{
    const weft_handover closed = {.name = "letter", .file = 999};
    const weft_process_options options = {.hand_over = &closed, .hand_over_count = 1};
    weft_process *process = NULL;

    CHECK_ERROR(weft_process_start_with(&process, read_the_letter, NULL, 0, &options), WEFT_EINVAL);
    CHECK_SENTENCE("999");
    CU_ASSERT_PTR_NULL(process);
}

static int inherit_nothing(weft_task *task)
{
    int descriptor = -1;

    REQUIRE(task, weft_process_file(&descriptor, "letter") == WEFT_ENOTFOUND);
    return 0;
}

static int start_one_without(weft_task *task)
{
    weft_process *process;
    weft_process_status status;

    REQUIRE(task, weft_process_start(&process, inherit_nothing, NULL, 0) == 0);
    REQUIRE(task, weft_process_join(process, SOON) == 0);
    weft_process_status_get(process, &status);
    REQUIRE(task, status.code == 0);
    weft_process_close(process);
    return 0;
}

static void children_of_the_child_get_nothing_by_themselves(void)
{
    const weft_handover letter = {.name = "letter", .file = descriptor_of(stderr)};

    join_process(start_heir(start_one_without, &letter, 1));
}

/* ---- other programs ------------------------------------------------------------------ */

static void a_program_finds_the_number_in_its_environment(void)
{
    const char *const name = "weft-test-letter.txt";
    const char *const shell[] = {"sh", "-c", "cat <&$LETTER", NULL};
    FILE *file;
    weft_process *process = NULL;
    char text[64];

    write_file(name, "dear program");
    file = fopen(name, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    const weft_handover letter = {.name = "LETTER", .file = descriptor_of(file)};
    const weft_process_options options = {
        .output = WEFT_STREAM_PIPE, .hand_over = &letter, .hand_over_count = 1};
    process = open_echo("environment", "LETTER", &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_TRUE(strspn(read_all(process, text, sizeof(text)), "0123456789") > 0);
    CU_ASSERT_EQUAL(code_of(process), 0);
    if (strcmp(weft_caps()->system, "windows") != 0) {
        CHECK_OK(weft_process_open(&process, shell, &options));
        CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "dear program");
        CU_ASSERT_EQUAL(code_of(process), 0);
    }
    fclose(file);
    remove(name);
}

/* ---- sockets --------------------------------------------------------------------------- */

static int greet_who_comes(weft_task *task)
{
    weft_socket *listener, *peer;

    REQUIRE(task, weft_process_socket(&listener, "door") == 0);
    REQUIRE(task, weft_process_socket(&peer, "door") == WEFT_ENOTFOUND);
    REQUIRE(task, weft_socket_accept(listener, &peer, NULL, SOON) == 0);
    REQUIRE(task, weft_socket_send(peer, "hello", 5, NULL, SOON) == 0);
    weft_socket_close(peer);
    weft_socket_close(listener);
    return 0;
}

static bool can_hand_over(weft_socket *listener)
{
    const weft_handover door = {.name = "door", .socket = listener};
    const weft_process_options options = {.hand_over = &door, .hand_over_count = 1};
    weft_process *process = NULL;

    if (strcmp(weft_caps()->backend, "sdl2") != 0)
        return true;
    CHECK_ERROR(weft_process_start_with(&process, greet_who_comes, NULL, 0, &options),
                WEFT_ENOTSUP);
    CU_ASSERT_PTR_NULL(process);
    skip("SDL_net's sockets cannot be handed over");
    return false;
}

static void a_function_serves_at_a_socket_of_its_parent(void)
{
    weft_socket *listener = NULL, *connection = NULL;
    weft_address address;
    char text[8] = "";
    size_t length = 0;

    CU_ASSERT_EQUAL_FATAL(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL), 0);
    CHECK_OK(weft_socket_address(listener, &address));
    if (can_hand_over(listener)) {
        const weft_handover door = {.name = "door", .socket = listener};
        weft_process *process = start_heir(greet_who_comes, &door, 1);

        weft_socket_close(listener); /* the child has its own */
        listener = NULL;
        CHECK_OK(weft_tcp_connect(&connection, "127.0.0.1", address.port, SOON));
        CHECK_OK(weft_socket_recv(connection, text, sizeof(text), &length, SOON));
        CU_ASSERT_EQUAL(length, 5);
        CU_ASSERT_EQUAL(memcmp(text, "hello", 5), 0);
        weft_socket_close(connection);
        join_process(process);
    }
    weft_socket_close(listener);
}

const char *const suite_name = "hand_over";
CU_TestInfo suite_cases[] = {
    {"a_function_gets_a_file_by_its_name", a_function_gets_a_file_by_its_name},
    {"what_it_writes_is_in_the_file", what_it_writes_is_in_the_file},
    {"each_thing_is_given_once_and_under_its_own_name",
     each_thing_is_given_once_and_under_its_own_name},
    {"sixteen_do_not_get_into_each_others_way", sixteen_do_not_get_into_each_others_way},
    {"a_descriptor_that_is_not_open_is_named", a_descriptor_that_is_not_open_is_named},
    {"children_of_the_child_get_nothing_by_themselves",
     children_of_the_child_get_nothing_by_themselves},
    {"a_program_finds_the_number_in_its_environment",
     a_program_finds_the_number_in_its_environment},
    {"a_function_serves_at_a_socket_of_its_parent", a_function_serves_at_a_socket_of_its_parent},
    CU_TEST_INFO_NULL,
};
