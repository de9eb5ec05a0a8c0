/* SPDX-License-Identifier: MIT */
/* What all sockets have: shutdown by another thread, options, misuse, refusals. */
#include "check.h"

#include <stdlib.h>

#include "crew.h"
#include "fail.h"
#include "net.h"
#include "weft/atomic.h"
#include "weft/caps.h"
#include "weft/socket.h"

enum { BULK = 4 << 20, WAITERS = 4, CONNECTIONS = 200 };

/* Threads that wait at one socket and record how that ended. */
struct waiters {
    weft_socket *socket;
    weft_atomic_u32 about_to_wait, accepted, closed, ended;
    weft_atomic_u32 odd; /* -code of an error that no test expects; the last one stays */
};

static int wait_in_recv(weft_task *task)
{
    struct waiters *w = WEFT_ARG(task, struct waiters *);
    char byte;
    size_t length = 7;
    int err;

    weft_fetch_add_u32(&w->about_to_wait, 1, WEFT_RELEASE);
    err = weft_socket_recv(w->socket, &byte, 1, &length, SOON);
    if (err == 0 && length == 0)
        weft_fetch_add_u32(&w->ended, 1, WEFT_RELEASE);
    else
        weft_store_u32(&w->odd, (uint32_t)-err, WEFT_RELEASE);
    return 0;
}

static void shutdown_ends_a_recv_that_waits(void)
{
    struct pair p;
    struct waiters w = {0};
    weft_thread *thread;
    char byte;
    size_t length = 7;

    open_pair(&p, "127.0.0.1");
    w.socket = p.client;
    start_threads(&thread, 1, wait_in_recv, &w);
    weft_sleep(WEFT_MS(20)); /* likely to find it waiting; right either way */
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_READ));
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(w.ended.value, 1);
    CHECK_OK(weft_socket_recv(p.client, &byte, 1, &length, WEFT_NOW));
    CU_ASSERT_EQUAL(length, 0);
    close_pair(&p);
}

static void shutdown_ends_a_send_that_waits(void)
{
    struct pair p;
    void *data = calloc(1, BULK);
    struct sender s = {.data = data, .size = BULK};
    weft_thread *thread;
    weft_time until = weft_in(WEFT_MS(20));

    open_pair(&p, "127.0.0.1");
    while (weft_socket_send(p.client, data, BULK, NULL, until) == 0)
        until = weft_in(WEFT_MS(20)); /* until the system takes no more */
    s.socket = p.client;
    start_threads(&thread, 1, send_all, &s);
    weft_sleep(WEFT_MS(20));
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_BOTH));
    join_threads(&thread, 1);
    CHECK_ERROR(s.err, WEFT_ECLOSED);
    close_pair(&p);
    free(data);
}

static int wait_in_accept(weft_task *task)
{
    struct waiters *w = WEFT_ARG(task, struct waiters *);
    weft_socket *connection = NULL;
    int err = 0;

    weft_fetch_add_u32(&w->about_to_wait, 1, WEFT_RELEASE);
    while (err == 0) {
        err = weft_socket_accept(w->socket, &connection, NULL, SOON);
        if (err == 0) {
            weft_socket_close(connection);
            weft_fetch_add_u32(&w->accepted, 1, WEFT_RELEASE);
        }
    }
    if (err == WEFT_ECLOSED)
        weft_fetch_add_u32(&w->closed, 1, WEFT_RELEASE);
    else
        weft_store_u32(&w->odd, (uint32_t)-err, WEFT_RELEASE);
    return 0;
}

static bool all_are_about_to_wait(void *context)
{
    return weft_load_u32(&((struct waiters *)context)->about_to_wait, WEFT_ACQUIRE) == WAITERS;
}

static void shutdown_ends_all_accepts_that_wait(void)
{
    struct waiters w = {0};
    weft_thread *threads[WAITERS];
    weft_socket *nobody = NULL;

    CHECK_OK(weft_tcp_listen(&w.socket, "127.0.0.1", 0, NULL));
    start_threads(threads, WAITERS, wait_in_accept, &w);
    CU_ASSERT_TRUE(eventually(all_are_about_to_wait, &w));
    weft_sleep(WEFT_MS(20));
    CHECK_OK(weft_socket_shutdown(w.socket, WEFT_SHUTDOWN_BOTH));
    join_threads(threads, WAITERS);
    CU_ASSERT_EQUAL(w.closed.value, WAITERS);
    CHECK_ERROR(weft_socket_accept(w.socket, &nobody, NULL, WEFT_FOREVER), WEFT_ECLOSED);
    CHECK_SENTENCE("shut down");
    CHECK_OK(weft_socket_shutdown(w.socket, WEFT_SHUTDOWN_BOTH));
    weft_socket_close(w.socket);
}

static bool all_are_accepted(void *context)
{
    return weft_load_u32(&((struct waiters *)context)->accepted, WEFT_ACQUIRE) == CONNECTIONS;
}

static void several_threads_accept_every_connection_once(void)
{
    struct waiters w = {0};
    weft_thread *threads[WAITERS];
    weft_address at = {0};

    CHECK_OK(weft_tcp_listen(&w.socket, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(w.socket, &at));
    start_threads(threads, WAITERS, wait_in_accept, &w);
    for (int i = 0; i < CONNECTIONS; i++) {
        weft_socket *client = NULL;
        CHECK_OK(weft_tcp_connect(&client, "127.0.0.1", at.port, SOON));
        weft_socket_close(client); /* some are gone before they are accepted */
    }
    CU_ASSERT_TRUE(eventually(all_are_accepted, &w));
    CHECK_OK(weft_socket_shutdown(w.socket, WEFT_SHUTDOWN_READ));
    join_threads(threads, WAITERS);
    CHECK_OK(-(int)w.odd.value);
    CU_ASSERT_EQUAL(w.closed.value, WAITERS);
    weft_socket_close(w.socket);
}

static void options_are_kept(void)
{
    struct pair p;
    int value = 7;

    open_pair(&p, "127.0.0.1");
    if (!weft_caps()->socket_options) {
        CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_NO_DELAY, 1), WEFT_ENOTSUP);
        close_pair(&p);
        skip("this backend has no options");
        return;
    }
    for (int on = 1; on >= 0; on--) {
        CHECK_OK(weft_socket_option_set(p.client, WEFT_SOCKET_NO_DELAY, on));
        CHECK_OK(weft_socket_option_get(p.client, WEFT_SOCKET_NO_DELAY, &value));
        CU_ASSERT_EQUAL(value, on);
        CHECK_OK(weft_socket_option_set(p.client, WEFT_SOCKET_KEEP_ALIVE, on));
        CHECK_OK(weft_socket_option_get(p.client, WEFT_SOCKET_KEEP_ALIVE, &value));
        CU_ASSERT_EQUAL(value, on);
    }
    CHECK_OK(weft_socket_option_set(p.client, WEFT_SOCKET_SEND_BUFFER, 32768));
    CHECK_OK(weft_socket_option_get(p.client, WEFT_SOCKET_SEND_BUFFER, &value));
    CU_ASSERT_TRUE(value >= 32768);
    CHECK_OK(weft_socket_option_set(p.client, WEFT_SOCKET_RECEIVE_BUFFER, 32768));
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_NO_DELAY, 2), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_SEND_BUFFER, 0), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_BROADCAST, 1), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_get(p.listener, WEFT_SOCKET_NO_DELAY, &value), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(p.client, (enum weft_socket_option)99, 1), WEFT_EINVAL);
    close_pair(&p);
}

static void the_wrong_kind_of_socket_is_misuse(void)
{
    struct pair p;
    weft_socket *nobody = NULL;
    weft_address to = {.family = WEFT_IPV4, .port = 9, .ip = {127, 0, 0, 1}};
    char byte;
    size_t length;

    open_pair(&p, "127.0.0.1");
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_accept(p.client, &nobody, NULL, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_recv(p.listener, &byte, 1, &length, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_sendto(p.client, "x", 1, &to, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    close_pair(&p);
    weft_socket_close(NULL);
}

static int make_a_pair(void *context)
{
    struct pair p = {0};
    int err = weft_tcp_listen(&p.listener, "127.0.0.1", 0, NULL);

    (void)context;
    if (err == 0)
        err = weft_socket_address(p.listener, &p.at);
    if (err == 0)
        err = weft_tcp_connect(&p.client, "127.0.0.1", p.at.port, SOON);
    if (err == 0)
        err = weft_socket_accept(p.listener, &p.server, NULL, SOON);
    close_pair(&p);
    return err;
}

static void refused_memory_is_told_and_nothing_is_left_over(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(make_a_pair, NULL) >= 3);
}

static void refused_descriptors_are_told_and_nothing_is_left_over(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("socket.create", WEFT_ELIMIT, make_a_pair, NULL) >= 3);
}

static void a_connection_waits_while_there_is_no_descriptor_for_it(void)
{
    weft_socket *listener = NULL, *client = NULL, *server = NULL;
    weft_address at = {0};

    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &at));
    CHECK_OK(weft_tcp_connect(&client, "127.0.0.1", at.port, SOON));
    refuse_passage("socket.accept", 1, WEFT_ELIMIT);
    CHECK_ERROR(weft_socket_accept(listener, &server, NULL, SOON), WEFT_ELIMIT);
    refuse_passage("socket.accept", 0, 0);
    CHECK_OK(weft_socket_accept(listener, &server, NULL, SOON));
    weft_socket_close(server);
    weft_socket_close(client);
    weft_socket_close(listener);
}

static void clients_that_leave_at_once_do_not_end_a_server(void)
{
    weft_socket *listener = NULL, *client = NULL, *accepted = NULL;
    weft_address at = {0};
    int err = 0;

    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &at));
    for (int i = 0; i < 500 && err == 0; i++) {
        err = weft_tcp_connect(&client, "127.0.0.1", at.port, SOON);
        if (err == 0)
            weft_socket_close(client);
        if (err == 0)
            err = weft_socket_accept(listener, &accepted, NULL, SOON);
        if (err == 0)
            weft_socket_close(accepted);
    }
    CHECK_OK(err);
    weft_socket_close(listener);
}

static void ports_that_are_none_are_told(void)
{
    static const int ports[] = {-1, 65536, 70000};
    weft_socket *socket = NULL;

    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        CHECK_ERROR(weft_tcp_listen(&socket, "127.0.0.1", ports[i], NULL), WEFT_EINVAL);
        CHECK_SENTENCE("port");
        CHECK_ERROR(weft_udp_open(&socket, "127.0.0.1", ports[i], WEFT_IPV4), WEFT_EINVAL);
        CHECK_ERROR(weft_tcp_connect(&socket, "127.0.0.1", ports[i], SOON), WEFT_EINVAL);
    }
    CHECK_ERROR(weft_tcp_connect(&socket, "127.0.0.1", 0, SOON), WEFT_EINVAL);
    CHECK_SENTENCE("port 0");
    CU_ASSERT_PTR_NULL(socket);
}

const char *const suite_name = "socket";
CU_TestInfo suite_cases[] = {
    {"shutdown_ends_a_recv_that_waits", shutdown_ends_a_recv_that_waits},
    {"shutdown_ends_a_send_that_waits", shutdown_ends_a_send_that_waits},
    {"shutdown_ends_all_accepts_that_wait", shutdown_ends_all_accepts_that_wait},
    {"several_threads_accept_every_connection_once", several_threads_accept_every_connection_once},
    {"options_are_kept", options_are_kept},
    {"the_wrong_kind_of_socket_is_misuse", the_wrong_kind_of_socket_is_misuse},
    {"refused_memory_is_told_and_nothing_is_left_over",
     refused_memory_is_told_and_nothing_is_left_over},
    {"refused_descriptors_are_told_and_nothing_is_left_over",
     refused_descriptors_are_told_and_nothing_is_left_over},
    {"a_connection_waits_while_there_is_no_descriptor_for_it",
     a_connection_waits_while_there_is_no_descriptor_for_it},
    {"clients_that_leave_at_once_do_not_end_a_server",
     clients_that_leave_at_once_do_not_end_a_server},
    {"ports_that_are_none_are_told", ports_that_are_none_are_told},
    CU_TEST_INFO_NULL,
};
