/* SPDX-License-Identifier: MIT */
/* Unix domain sockets: connections of one machine at a path. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "file.h"
#include "halt.h"
#include "net.h"
#include "weft/cancel.h"
#include "weft/caps.h"

static const char *const path = "weft-test-unix.sock";

enum { MOST_FILLERS = 64 };

/* False, after skip(), if there are none here. */
static bool has_unix(void)
{
    weft_socket *listener = NULL;
    int err = weft_unix_listen(&listener, path, NULL);

    weft_socket_close(listener);
    CU_ASSERT_EQUAL(weft_caps()->unix_sockets, err != WEFT_ENOTSUP);
    if (err != WEFT_ENOTSUP)
        return true;
    CU_ASSERT_TRUE(strlen(weft_last_error()) > 0);
    skip("this system or backend has no unix sockets");
    return false;
}

static bool file_is_there(void)
{
    weft_socket *socket = NULL;
    int err = weft_unix_connect(&socket, path, WEFT_NOW);

    weft_socket_close(socket);
    return err != WEFT_ENOTFOUND;
}

/* Both ends of one connection. */
static void open_unix(struct pair *p)
{
    memset(p, 0, sizeof(*p));
    CHECK_OK(weft_unix_listen(&p->listener, path, NULL));
    CHECK_OK(weft_unix_connect(&p->client, path, SOON));
    CHECK_OK(weft_socket_accept(p->listener, &p->server, &p->peer, SOON));
}

static void bytes_go_both_ways_and_come_to_an_end(void)
{
    struct pair p;
    char buffer[8] = "", text[WEFT_ADDRESS_TEXT];
    size_t length = 1;
    weft_address address;

    if (!has_unix())
        return;
    open_unix(&p);
    CHECK_OK(weft_socket_send(p.client, "hello", 5, NULL, SOON));
    CHECK_OK(weft_socket_recv_exactly(p.server, buffer, 5, &length, SOON));
    CU_ASSERT_STRING_EQUAL(buffer, "hello");
    CHECK_OK(weft_socket_send(p.server, "world", 5, NULL, SOON));
    CHECK_OK(weft_socket_recv_exactly(p.client, buffer, 5, &length, SOON));
    CU_ASSERT_STRING_EQUAL(buffer, "world");
    CU_ASSERT_EQUAL(p.peer.family, WEFT_UNIX);
    CHECK_OK(weft_socket_peer(p.client, &address));
    CU_ASSERT_STRING_EQUAL(weft_address_text(&address, text, sizeof(text)), "unix");
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_WRITE));
    CHECK_OK(weft_socket_recv(p.server, buffer, sizeof(buffer), &length, SOON));
    CU_ASSERT_EQUAL(length, 0);
    close_pair(&p);
}

static void the_file_goes_with_the_listener(void)
{
    weft_socket *listener = NULL, *nobody = NULL;

    if (!has_unix())
        return;
    CHECK_OK(weft_unix_listen(&listener, path, NULL));
    CU_ASSERT_TRUE(file_is_there());
    weft_socket_close(listener);
    CU_ASSERT_FALSE(file_is_there());
    CHECK_ERROR(weft_unix_connect(&nobody, path, SOON), WEFT_ENOTFOUND);
    CHECK_SENTENCE(path);
    CU_ASSERT_PTR_NULL(nobody);
}

static int listen_and_die(weft_task *task)
{
    static weft_socket *listener; /* of the process, which ends and closes nothing */

    REQUIRE(task, weft_unix_listen(&listener, path, NULL) == 0);
    return 0;
}

static void what_a_dead_program_left_is_replaced(void)
{
    weft_socket *listener = NULL, *client = NULL;

    if (!has_unix())
        return;
    join_process(start_process(listen_and_die, NULL, 0));
    CHECK_ERROR(weft_unix_connect(&client, path, SOON), WEFT_EREFUSED);
    CHECK_OK(weft_unix_listen(&listener, path, NULL));
    CHECK_OK(weft_unix_connect(&client, path, SOON));
    weft_socket_close(client);
    weft_socket_close(listener);
}

static void one_that_is_served_is_not(void)
{
    weft_socket *first = NULL, *second = NULL, *client = NULL;

    if (!has_unix())
        return;
    CHECK_OK(weft_unix_listen(&first, path, NULL));
    CHECK_ERROR(weft_unix_listen(&second, path, NULL), WEFT_EADDRINUSE);
    CHECK_SENTENCE(path);
    CU_ASSERT_PTR_NULL(second);
    CHECK_OK(weft_unix_connect(&client, path, SOON)); /* the file is still the first one's */
    weft_socket_close(client);
    weft_socket_close(first);
}

static void a_file_that_is_no_socket_is_left_alone(void)
{
    weft_socket *listener = NULL;

    if (!has_unix())
        return;
    write_file(path, "a letter");
    CHECK_ERROR(weft_unix_listen(&listener, path, NULL), WEFT_EADDRINUSE);
    CU_ASSERT_STRING_EQUAL(text_of_file(path), "a letter");
    remove(path);
}

static void paths_that_cannot_be_are_told(void)
{
    weft_socket *socket = NULL;
    char far[200];

    if (!has_unix())
        return;
    memset(far, 'x', sizeof(far) - 1);
    far[sizeof(far) - 1] = '\0';
    CHECK_ERROR(weft_unix_listen(&socket, far, NULL), WEFT_EINVAL);
    CHECK_SENTENCE("100 bytes");
    CHECK_ERROR(weft_unix_listen(&socket, "", NULL), WEFT_EINVAL);
    CHECK_ERROR(weft_unix_connect(&socket, NULL, SOON), WEFT_EINVAL);
    CHECK_ERROR(weft_unix_listen(&socket, "no-such-folder/weft.sock", NULL), WEFT_ENOTFOUND);
    CU_ASSERT_PTR_NULL(socket);
}

static void options_of_ip_are_none_of_theirs(void)
{
    struct pair p;

    if (!has_unix())
        return;
    open_unix(&p);
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_NO_DELAY, 1), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_TTL, 1), WEFT_EINVAL);
    CHECK_SENTENCE(path);
    CHECK_OK(weft_socket_option_set(p.client, WEFT_SOCKET_SEND_BUFFER, 32768));
    close_pair(&p);
}

static int greet(weft_task *task)
{
    weft_socket *listener = NULL, *client = NULL;

    REQUIRE(task, weft_process_socket(&listener, "door") == 0);
    REQUIRE(task, weft_socket_accept(listener, &client, NULL, SOON) == 0);
    REQUIRE(task, weft_socket_send(client, "hello", 5, NULL, SOON) == 0);
    weft_socket_close(client);
    weft_socket_close(listener);
    return 0;
}

static void a_child_serves_a_listener_that_its_parent_hands_over(void)
{
    weft_socket *listener = NULL, *client = NULL;
    weft_process *process = NULL;
    char buffer[8] = "";

    if (!has_unix())
        return;
    CHECK_OK(weft_unix_listen(&listener, path, NULL));
    const weft_handover door = {.name = "door", .socket = listener};
    const weft_process_options options = {.hand_over = &door, .hand_over_count = 1};
    CHECK_OK(weft_process_start_with(&process, greet, NULL, 0, &options));
    CHECK_OK(weft_unix_connect(&client, path, SOON));
    CHECK_OK(weft_socket_recv_exactly(client, buffer, 5, NULL, SOON));
    CU_ASSERT_STRING_EQUAL(buffer, "hello");
    join_process(process);
    CU_ASSERT_TRUE(file_is_there()); /* the child's end took nothing away */
    weft_socket_close(client);
    weft_socket_close(listener);
}

/* ---- waits ---------------------------------------------------------------------------- */

struct waiter {
    weft_socket *listener;
    const weft_cancel *cancel;
    int err; /* may be read after the thread was joined */
};

static int wait_in_accept(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);
    weft_socket *accepted = NULL;

    weft_cancel_enter(w->cancel);
    w->err = weft_socket_accept(w->listener, &accepted, NULL, SOON);
    weft_cancel_enter(NULL);
    return 0;
}

static void accept_ends_by_cancel_and_by_shutdown(void)
{
    if (!has_unix())
        return;
    for (int i = 0; i < 2; i++) {
        weft_cancel stop = WEFT_CANCEL_INIT;
        struct waiter w = {.cancel = i == 0 ? &stop : NULL};
        weft_thread *thread;

        CHECK_OK(weft_unix_listen(&w.listener, path, NULL));
        meet_at("socket.listed", 1);
        start_threads(&thread, 1, wait_in_accept, &w);
        CU_ASSERT_TRUE(eventually(somebody_met, NULL));
        if (i == 0)
            weft_cancel_request(&stop);
        else
            CHECK_OK(weft_socket_shutdown(w.listener, WEFT_SHUTDOWN_READ));
        join_threads(&thread, 1);
        meet_at(NULL, 0);
        CU_ASSERT_EQUAL(w.err, i == 0 ? WEFT_ECANCELED : WEFT_ECLOSED);
        weft_socket_close(w.listener);
    }
}

static void a_full_backlog_ends_at_the_deadline_or_by_cancel(void)
{
    weft_socket *listener = NULL, *fillers[MOST_FILLERS], *late = NULL;
    weft_cancel part = {.expires = weft_in(WEFT_MS(20))};
    size_t count = 0;
    int err = 0;

    if (!has_unix())
        return;
    CHECK_OK(weft_unix_listen(&listener, path, &(weft_listen_options){.backlog = 1}));
    while (err == 0 && count < MOST_FILLERS) {
        err = weft_unix_connect(&fillers[count], path, WEFT_NOW);
        count += err == 0;
    }
    if (err == WEFT_ETIMEDOUT) {
        CHECK_SENTENCE(path);
        weft_cancel_enter(&part);
        CHECK_ERROR(weft_unix_connect(&late, path, SOON), WEFT_ECANCELED);
        weft_cancel_enter(NULL);
        CHECK_ERROR(weft_unix_connect(&late, path, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
        CHECK_OK(weft_socket_accept(listener, &late, NULL, SOON)); /* makes room */
        weft_socket_close(late);
        CHECK_OK(weft_unix_connect(&late, path, SOON));
        weft_socket_close(late);
    }
    while (count > 0)
        weft_socket_close(fillers[--count]);
    weft_socket_close(listener);
}

static int open_once(void *context)
{
    weft_socket *listener = NULL, *client = NULL;
    int err = weft_unix_listen(&listener, path, NULL);

    (void)context;
    if (err == 0)
        err = weft_unix_connect(&client, path, SOON);
    weft_socket_close(client);
    weft_socket_close(listener);
    return err;
}

static void refused_memory_is_told_and_nothing_is_left_over(void)
{
    if (!has_unix())
        return;
    CU_ASSERT_TRUE(refuse_each_allocation(open_once, NULL) >= 4);
    CU_ASSERT_FALSE(file_is_there());
}

const char *const suite_name = "unix";
CU_TestInfo suite_cases[] = {
    {"bytes_go_both_ways_and_come_to_an_end", bytes_go_both_ways_and_come_to_an_end},
    {"the_file_goes_with_the_listener", the_file_goes_with_the_listener},
    {"what_a_dead_program_left_is_replaced", what_a_dead_program_left_is_replaced},
    {"one_that_is_served_is_not", one_that_is_served_is_not},
    {"a_file_that_is_no_socket_is_left_alone", a_file_that_is_no_socket_is_left_alone},
    {"paths_that_cannot_be_are_told", paths_that_cannot_be_are_told},
    {"options_of_ip_are_none_of_theirs", options_of_ip_are_none_of_theirs},
    {"a_child_serves_a_listener_that_its_parent_hands_over",
     a_child_serves_a_listener_that_its_parent_hands_over},
    {"accept_ends_by_cancel_and_by_shutdown", accept_ends_by_cancel_and_by_shutdown},
    {"a_full_backlog_ends_at_the_deadline_or_by_cancel",
     a_full_backlog_ends_at_the_deadline_or_by_cancel},
    {"refused_memory_is_told_and_nothing_is_left_over",
     refused_memory_is_told_and_nothing_is_left_over},
    CU_TEST_INFO_NULL,
};
