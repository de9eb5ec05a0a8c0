/* SPDX-License-Identifier: MIT */
/* HTTPS with the certificate that the HTTP server makes for itself. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "system.h"
#include "weft/http.h"
#include "weft/http_server.h"
#include "weft/socket.h"

enum { BIG_SIZE = 1 << 20 };

static const char ca_file[] = "test_http_tls.pem";
static char big_page[BIG_SIZE];

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    (void)context;
    if (strcmp(path, "/") == 0)
        *reply = (weft_http_reply){.body = "hello", .size = 5};
    else
        *reply = (weft_http_reply){.body = big_page, .size = BIG_SIZE};
}

/* NULL, after skip(), if this build has no TLS for servers. */
static weft_http_server *start(void)
{
    const weft_http_server_options options = {.handler = answer, .tls = true};
    weft_http_server *server = NULL;

    if (!weft_http_server_can_tls()) {
        CHECK_ERROR(weft_http_server_start(&server, &options), WEFT_ENOTSUP);
        CHECK_SENTENCE("tls");
        skip("this build has no TLS for servers");
        return NULL;
    }
    if (!CHECK_OK(weft_http_server_start(&server, &options)))
        abort();
    return server;
}

static void trust(const weft_http_server *server)
{
    write_file(ca_file, weft_http_server_certificate(server));
}

static int get(weft_http_response *response, const weft_http_server *server, const char *host,
               const char *path, const char *ca)
{
    char url[128];

    snprintf(url, sizeof(url), "https://%s%s%s", host, strrchr(weft_http_server_url(server), ':'),
             path);
    return weft_http_get(response, url, &(weft_http_options){.ca_file = ca}, SOON);
}

static void a_certificate_of_nobody_is_refused(void)
{
    weft_http_server *server = start();
    weft_http_response response = {0};

    if (!server)
        return;
    CU_ASSERT_EQUAL(strncmp(weft_http_server_url(server), "https://127.0.0.1:", 18), 0);
    if (any_certificate_passes())
        skip(any_certificate_passes());
    else if (CHECK_ERROR(get(&response, server, "127.0.0.1", "", NULL), WEFT_ECERTIFICATE))
        CHECK_SENTENCE("certificate");
    CU_ASSERT_TRUE(any_certificate_passes() || weft_http_server_requests(server) == 0);
    weft_http_server_close(server);
}

static void who_has_the_certificate_gets_the_page(void)
{
    weft_http_server *server = start();
    weft_http_response response = {0};

    if (!server)
        return;
    trust(server);
    for (size_t i = 0; i < BIG_SIZE; i++)
        big_page[i] = (char)(i * 7 + i / 256);
    if (CHECK_OK(get(&response, server, "127.0.0.1", "", ca_file)))
        CU_ASSERT_STRING_EQUAL(response.body, "hello");
    weft_http_response_close(&response);
    if (CHECK_OK(get(&response, server, "localhost", "big", ca_file)))
        CU_ASSERT_TRUE(response.size == BIG_SIZE && memcmp(response.body, big_page, BIG_SIZE) == 0);
    weft_http_response_close(&response);
    weft_http_server_close(server);
    remove(ca_file);
}

static void each_server_has_a_certificate_of_its_own(void)
{
    weft_http_server *first = start(), *second;
    weft_http_response response = {0};

    if (!first)
        return;
    second = start();
    trust(first);
    CU_ASSERT_STRING_NOT_EQUAL(weft_http_server_certificate(first),
                               weft_http_server_certificate(second));
    CHECK_ERROR(get(&response, second, "127.0.0.1", "", ca_file), WEFT_ECERTIFICATE);
    weft_http_server_close(first);
    weft_http_server_close(second);
    remove(ca_file);
}

static void a_file_without_certificates_is_told(void)
{
    weft_http_server *server = start();
    weft_http_response response = {0};

    if (!server)
        return;
    CU_ASSERT_NOT_EQUAL(get(&response, server, "127.0.0.1", "", "no such file"), 0);
    CHECK_SENTENCE("no such file");
    weft_http_server_close(server);
}

/* Plain HTTP, garbage and silence at the door hurt nobody. */
static void who_speaks_no_tls_is_not_served(void)
{
    weft_http_server *server = start();
    weft_http_response response = {0};
    weft_socket *silent = NULL;
    int port;
    char url[64];

    if (!server)
        return;
    port = atoi(strrchr(weft_http_server_url(server), ':') + 1);
    CHECK_OK(weft_tcp_connect(&silent, "127.0.0.1", port, SOON));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
    CU_ASSERT_NOT_EQUAL(weft_http_get(&response, url, NULL, SOON), 0);
    trust(server);
    CHECK_OK(get(&response, server, "127.0.0.1", "", ca_file));
    weft_http_response_close(&response);
    weft_socket_close(silent);
    weft_http_server_close(server);
    remove(ca_file);
}

static void without_tls_there_is_no_certificate(void)
{
    weft_http_server *server = NULL;

    CHECK_OK(weft_http_server_start(&server, NULL));
    CU_ASSERT_PTR_NULL(weft_http_server_certificate(server));
    weft_http_server_close(server);
}

const char *const suite_name = "http_tls";
CU_TestInfo suite_cases[] = {
    {"a_certificate_of_nobody_is_refused", a_certificate_of_nobody_is_refused},
    {"who_has_the_certificate_gets_the_page", who_has_the_certificate_gets_the_page},
    {"each_server_has_a_certificate_of_its_own", each_server_has_a_certificate_of_its_own},
    {"a_file_without_certificates_is_told", a_file_without_certificates_is_told},
    {"who_speaks_no_tls_is_not_served", who_speaks_no_tls_is_not_served},
    {"without_tls_there_is_no_certificate", without_tls_there_is_no_certificate},
    CU_TEST_INFO_NULL,
};
