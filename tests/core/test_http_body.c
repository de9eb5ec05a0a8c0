/* SPDX-License-Identifier: MIT */
/* Where the body of a fetch goes: memory, a sink, a file. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "file.h"
#include "http_end.h"
#include "program.h"
#include "weft/caps.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/http.h"
#include "weft/http_server.h"
#include "weft/socket.h"

enum { BIG_SIZE = 20 << 20, URL_SIZE = 64 };

static const char page_file[] = "test_http_body.page";

/* ---- a server with a big page, a small one, and one that says 404 ---- */

static char big_page[BIG_SIZE]; /* written before the server starts */

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    weft_event *open = context;

    if (strcmp(path, "/big") == 0)
        *reply = (weft_http_reply){.body = big_page, .size = BIG_SIZE};
    else if (strcmp(path, "/small") == 0)
        *reply = (weft_http_reply){.body = "small", .size = 5};
    else if (strcmp(path, "/empty") != 0)
        *reply = (weft_http_reply){.status = 404, .body = "not here", .size = 8};
    if (open)
        weft_event_wait(open, SOON);
}

static weft_http_server *serve(weft_event *open)
{
    const weft_http_server_options options = {.handler = answer, .context = open};
    weft_http_server *server = NULL;

    for (size_t i = 0; i < BIG_SIZE; i++)
        big_page[i] = (char)('a' + i % 23);
    if (!CHECK_OK(weft_http_server_start(&server, &options)))
        abort();
    return server;
}

static int get(weft_http_response *response, const weft_http_server *server, const char *page,
               const weft_http_options *options)
{
    char url[URL_SIZE];

    snprintf(url, sizeof(url), "%s%s", weft_http_server_url(server), page);
    *response = (weft_http_response){.status = 7};
    return weft_http_get(response, url, options, SOON);
}

/* ---- sinks ---- */

struct basin {
    size_t size; /* received so far, by the HTTP thread */
    bool wrong;  /* not the bytes of the page */
    int refusal; /* what the sink returns once it has `enough` */
    size_t enough;
    weft_event full; /* all of the page has come */
};

static int pour(const void *data, size_t size, void *context)
{
    struct basin *basin = context;

    if (size > BIG_SIZE - basin->size || memcmp(big_page + basin->size, data, size) != 0)
        basin->wrong = true;
    basin->size += size;
    if (basin->size == BIG_SIZE)
        weft_event_set(&basin->full);
    return basin->refusal != 0 && basin->size >= basin->enough ? basin->refusal : 0;
}

static void a_sink_gets_more_than_memory_would(void)
{
    weft_http_server *server = serve(NULL);
    struct basin basin = {0};
    const weft_http_options options = {.sink = pour, .context = &basin};
    weft_http_response response;

    CHECK_ERROR(get(&response, server, "big", NULL), WEFT_ETOOBIG);
    CHECK_SENTENCE("16777216");
    if (CHECK_OK(get(&response, server, "big", &options))) {
        CU_ASSERT_EQUAL(response.status, 200);
        CU_ASSERT_EQUAL(response.size, BIG_SIZE);
        CU_ASSERT_STRING_EQUAL(response.body, "");
    }
    CU_ASSERT_EQUAL(basin.size, BIG_SIZE);
    CU_ASSERT_FALSE(basin.wrong);
    weft_http_response_close(&response);
    weft_http_server_close(server);
}

static void a_sink_has_a_limit_too(void)
{
    weft_http_server *server = serve(NULL);
    struct basin basin = {0};
    const weft_http_options options = {.sink = pour, .context = &basin, .size_limit = BIG_SIZE - 1};
    weft_http_response response;

    CHECK_ERROR(get(&response, server, "big", &options), WEFT_ETOOBIG);
    CU_ASSERT_TRUE(basin.size < BIG_SIZE);
    CU_ASSERT_EQUAL(response.status, 7);
    weft_http_server_close(server);
}

static void a_sink_can_end_the_fetch(void)
{
    weft_http_server *server = serve(NULL);
    struct basin basin = {.refusal = WEFT_EBUSY, .enough = 100000};
    const weft_http_options options = {.sink = pour, .context = &basin};
    weft_http_response response;

    CHECK_ERROR(get(&response, server, "big", &options), WEFT_EBUSY);
    CHECK_SENTENCE(weft_http_server_url(server));
    CHECK_SENTENCE("sink");
    CU_ASSERT_TRUE(basin.size >= 100000 && basin.size < BIG_SIZE);
    weft_http_server_close(server);
}

static void what_is_no_success_is_in_memory(void)
{
    weft_http_server *server = serve(NULL);
    struct basin basin = {0};
    const weft_http_options options = {.sink = pour, .context = &basin};
    weft_http_response response;

    if (CHECK_OK(get(&response, server, "missing", &options))) {
        CU_ASSERT_EQUAL(response.status, 404);
        CU_ASSERT_STRING_EQUAL(response.body, "not here");
    }
    CU_ASSERT_EQUAL(basin.size, 0);
    weft_http_response_close(&response);
    weft_http_server_close(server);
}

static int get_another(const void *data, size_t size, void *context)
{
    weft_http_response response;

    (void)data, (void)size;
    return get(&response, context, "small", NULL);
}

static void a_sink_cannot_wait_for_a_page(void)
{
    weft_http_server *server = serve(NULL);
    const weft_http_options options = {.sink = get_another, .context = server};
    weft_http_response response;

    expect_misuse(WEFT_EDEADLK);
    CHECK_ERROR(get(&response, server, "small", &options), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    weft_http_server_close(server);
}

static void who_lets_go_of_a_future_does_not_end_the_fetch(void)
{
    weft_event open = WEFT_EVENT_INIT;
    weft_http_server *server = serve(&open);
    struct basin basin = {0};
    const weft_http_options options = {.sink = pour, .context = &basin};
    weft_future *future = NULL;
    char url[URL_SIZE];

    snprintf(url, sizeof(url), "%sbig", weft_http_server_url(server));
    CHECK_OK(weft_http_get_async(&future, url, &options, SOON));
    weft_future_release(future);
    weft_event_set(&open);
    CHECK_OK(weft_event_wait(&basin.full, SOON));
    CHECK_OK(weft__http_end(SOON)); /* and nobody touches the basin any more */
    weft_http_server_close(server);
}

/* ---- files ---- */

static void a_file_is_there_when_it_is_whole(void)
{
    weft_http_server *server = serve(NULL);
    const weft_http_options options = {.file = page_file};
    weft_http_response response;

    remove(page_file);
    if (CHECK_OK(get(&response, server, "small", &options))) {
        CU_ASSERT_EQUAL(response.size, 5);
        CU_ASSERT_STRING_EQUAL(response.body, "");
    }
    weft_http_response_close(&response);
    CU_ASSERT_STRING_EQUAL(text_of_file(page_file), "small");
    CHECK_OK(get(&response, server, "empty", &options)); /* in its place */
    weft_http_response_close(&response);
    CU_ASSERT_STRING_EQUAL(text_of_file(page_file), "");
    remove(page_file);
    weft_http_server_close(server);
}

static void a_fetch_that_fails_leaves_the_file_that_was(void)
{
    weft_http_server *server = serve(NULL);
    weft_http_response response;

    write_file(page_file, "old");
    CHECK_ERROR(get(&response, server, "big",
                    &(weft_http_options){.file = page_file, .size_limit = BIG_SIZE - 1}),
                WEFT_ETOOBIG);
    CU_ASSERT_STRING_EQUAL(text_of_file(page_file), "old");
    CHECK_OK(get(&response, server, "missing", &(weft_http_options){.file = page_file}));
    CU_ASSERT_STRING_EQUAL(response.body, "not here");
    weft_http_response_close(&response);
    CU_ASSERT_STRING_EQUAL(text_of_file(page_file), "old");
    remove(page_file);
    weft_http_server_close(server);
}

/* The system's own program finds it: what the C library takes for a name differs on Windows. */
static void the_name_of_a_file_is_utf8(void)
{
    static const char name[] = "test_http_body.\xe7\xbd\x91\xe9\xa1\xb5"; /* a web page */
    bool is_windows = strcmp(weft_caps()->system, "windows") == 0;
    const char *const posix_show[] = {"cat", name, NULL}, *const posix_end[] = {"rm", name, NULL};
    const char *const windows_show[] = {"cmd", "/c", "type", name, NULL};
    const char *const windows_end[] = {"cmd", "/c", "del", name, NULL};
    weft_http_server *server = serve(NULL);
    weft_http_response response;
    weft_process *process = NULL;
    char text[100];

    for (int i = 0; i < 2; i++) { /* the second one takes the place of the first */
        CHECK_OK(get(&response, server, "small", &(weft_http_options){.file = name}));
        weft_http_response_close(&response);
    }
    CHECK_OK(weft_process_open(&process, is_windows ? windows_show : posix_show, &output_only));
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "small");
    CU_ASSERT_EQUAL(code_of(process), 0);
    CHECK_OK(weft_process_open(&process, is_windows ? windows_end : posix_end, &silent));
    CU_ASSERT_EQUAL(code_of(process), 0);
    weft_http_server_close(server);
}

static void a_file_that_cannot_be_is_told(void)
{
    weft_http_server *server = serve(NULL);
    weft_http_options options = {.file = "no such folder/page"};
    weft_http_response response;

    CHECK_ERROR(get(&response, server, "small", &options), WEFT_ESYSTEM);
    CHECK_SENTENCE("no such folder/page");
    options.file = "";
    CHECK_ERROR(get(&response, server, "small", &options), WEFT_EINVAL);
    options = (weft_http_options){.file = page_file, .sink = pour};
    CHECK_ERROR(get(&response, server, "small", &options), WEFT_EINVAL);
    CHECK_SENTENCE("sink");
    weft_http_server_close(server);
}

/* A folder of the name stays; remove() would take it for a file if it is empty. */
static void a_folder_is_not_replaced(void)
{
    static const char folder[] = "test_http_body.folder";
    weft_http_server *server = serve(NULL);
    weft_http_response response;

    make_folder(folder);
    CHECK_ERROR(get(&response, server, "small", &(weft_http_options){.file = folder}),
                WEFT_ESYSTEM);
    CHECK_SENTENCE(folder);
    remove_folder(folder);
    weft_http_server_close(server);
}

/* Says less than it announces, once. */
static int break_off(weft_task *task)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    weft_socket *listener = WEFT_ARG(task, weft_socket *), *socket = NULL;
    char request[4096];
    size_t length = 0;

    if (weft_socket_accept(listener, &socket, NULL, SOON) == 0 &&
        weft_socket_recv(socket, request, sizeof(request), &length, SOON) == 0)
        (void)weft_socket_send(socket, reply, sizeof(reply) - 1, NULL, SOON);
    weft_socket_close(socket);
    return 0;
}

static void half_a_file_is_removed(void)
{
    weft_http_response response = {0};
    weft_socket *listener = NULL;
    weft_thread *thread;
    weft_address address;
    char url[URL_SIZE], text[WEFT_ADDRESS_TEXT];

    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &address));
    snprintf(url, sizeof(url), "http://%s/", weft_address_text(&address, text, sizeof(text)));
    make_folder("test_http_body.folder");
    start_threads(&thread, 1, break_off, listener);
    CHECK_ERROR(weft_http_get(&response, url,
                              &(weft_http_options){.file = "test_http_body.folder/page"}, SOON),
                WEFT_ETRUNCATED);
    join_threads(&thread, 1);
    remove_folder("test_http_body.folder"); /* which has to be empty */
    weft_socket_close(listener);
}

/* ---- what is none ---- */

static int seven(weft_task *task)
{
    return WEFT_RETURN(task, int, 7);
}

static void other_results_are_no_pages(void)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    weft_http_response response = {0};
    weft_future *future = NULL;

    CHECK_OK(weft_submit(pool, &future, seven, NULL, 0));
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_http_result(future, &response, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_future_release(future);
    weft_executor_close(pool);
}

/* ---- memory ---- */

/* At a port where nobody listens: only the fetch itself needs memory. */
static void a_fetch_that_memory_refuses_leaves_nothing(void)
{
    weft_http_server *server = serve(NULL);
    char url[URL_SIZE];
    uint32_t n = 0;
    int err;

    snprintf(url, sizeof(url), "%s", weft_http_server_url(server));
    weft_http_server_close(server);
    CHECK_OK(weft__http_end(SOON));
    watch_memory();
    do {
        weft_future *future = NULL;

        refuse_allocation(++n);
        err = weft_http_get_async(&future, url, &(weft_http_options){.file = page_file}, SOON);
        if (err != 0)
            CU_ASSERT_EQUAL(err, WEFT_ENOMEM);
        if (err == 0)
            CU_ASSERT_NOT_EQUAL(weft_future_result(future, NULL, 0, SOON), 0);
        refuse_allocation(0);
        weft_future_release(future);
        CHECK_OK(weft__http_end(SOON));
    } while (err != 0);
    CU_ASSERT_TRUE(n > 3);
    unwatch_memory();
}

const char *const suite_name = "http_body";
CU_TestInfo suite_cases[] = {
    {"a_sink_gets_more_than_memory_would", a_sink_gets_more_than_memory_would},
    {"a_sink_has_a_limit_too", a_sink_has_a_limit_too},
    {"a_sink_can_end_the_fetch", a_sink_can_end_the_fetch},
    {"what_is_no_success_is_in_memory", what_is_no_success_is_in_memory},
    {"a_sink_cannot_wait_for_a_page", a_sink_cannot_wait_for_a_page},
    {"who_lets_go_of_a_future_does_not_end_the_fetch",
     who_lets_go_of_a_future_does_not_end_the_fetch},
    {"a_file_is_there_when_it_is_whole", a_file_is_there_when_it_is_whole},
    {"a_fetch_that_fails_leaves_the_file_that_was", a_fetch_that_fails_leaves_the_file_that_was},
    {"half_a_file_is_removed", half_a_file_is_removed},
    {"the_name_of_a_file_is_utf8", the_name_of_a_file_is_utf8},
    {"a_file_that_cannot_be_is_told", a_file_that_cannot_be_is_told},
    {"a_folder_is_not_replaced", a_folder_is_not_replaced},
    {"other_results_are_no_pages", other_results_are_no_pages},
    {"a_fetch_that_memory_refuses_leaves_nothing", a_fetch_that_memory_refuses_leaves_nothing},
    CU_TEST_INFO_NULL,
};
