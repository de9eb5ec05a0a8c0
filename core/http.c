/* SPDX-License-Identifier: MIT */
/*
 * Fetching a page: one libcurl easy handle per call, which makes every call its own
 * and needs no lock.
 *
 * libcurl is set up once per process and never torn down: it may be in use by others
 * at any time. What it says (CURLcode, its error text, the system's error number)
 * becomes one of our codes and a sentence in explain(). Both the URL and libcurl's
 * text may quote what a server sent, so both are made printable first.
 */
#include <weft/http.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include <weft/error.h>
#include <weft/fault.h>
#include <weft/memory.h>
#include <weft/once.h>
#include <weft/text.h>

#include "internal.h"

#define DEFAULT_SIZE_LIMIT ((size_t)16 << 20)
#define DEFAULT_REDIRECTS 10

enum { SHOWN_SIZE = 200, FIRST_CAPACITY = 4096 };

/* One call under way; its thread alone uses it. */
struct fetch {
    CURL *easy;
    const char *url;
    char shown_url[SHOWN_SIZE]; /* for sentences */
    char *body;                 /* `capacity` bytes, `size` of them received */
    size_t size;
    size_t capacity;
    size_t size_limit;
    long redirect_limit;
    int err;                      /* why receive() refused the body */
    char reason[CURL_ERROR_SIZE]; /* libcurl's, of this call */
};

static weft_once curl_started = WEFT_ONCE_INIT;

static int start_curl(void *context)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    (void)context;
    if (code != CURLE_OK)
        return weft__fail(WEFT_ESYSTEM, "libcurl: does not start: %s", curl_easy_strerror(code));
    return 0;
}

/* ---- the body ------------------------------------------------------------------ */

/* Room for `more` bytes and a terminating zero. */
static int reserve(struct fetch *fetch, size_t more)
{
    size_t needed = fetch->size + more + 1;
    size_t capacity = fetch->capacity > SIZE_MAX / 2 ? SIZE_MAX : fetch->capacity * 2;
    int err = weft_fault_point("http.body");
    char *body;

    if (err != 0)
        return err;
    if (needed <= fetch->capacity)
        return 0;
    if (capacity < FIRST_CAPACITY)
        capacity = FIRST_CAPACITY;
    if (capacity < needed)
        capacity = needed;
    body = weft_alloc(capacity);
    if (!body)
        return WEFT_ENOMEM;
    if (fetch->size > 0)
        memcpy(body, fetch->body, fetch->size);
    weft_free(fetch->body);
    fetch->body = body;
    fetch->capacity = capacity;
    return 0;
}

/* CURLOPT_WRITEFUNCTION: anything but the number of bytes stops the transfer. */
static size_t receive(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    size_t length = size * count;

    if (length > fetch->size_limit - fetch->size)
        fetch->err = WEFT_ETOOBIG;
    else
        fetch->err = reserve(fetch, length);
    if (fetch->err != 0)
        return length == 0; /* never `length` */
    memcpy(fetch->body + fetch->size, data, length);
    fetch->size += length;
    return length;
}

/* ---- the options ---------------------------------------------------------------- */

/*
 * Proxies come from the environment, as for curl itself: behind a school's proxy a
 * lesson must still reach the world. This machine is never reached through one, for
 * the proxy would look for our server on its own machine. CURLOPT_NOPROXY replaces
 * the user's list, so that goes in front.
 */
static CURLcode set_no_proxy(CURL *easy)
{
    static const char loopback[] = "localhost,127.0.0.0/8,::1";
    const char *user = getenv("no_proxy");
    CURLcode code;
    char *list;
    size_t size;

    if (!user)
        user = getenv("NO_PROXY");
    if (!user || !*user)
        return curl_easy_setopt(easy, CURLOPT_NOPROXY, loopback);
    if (strcmp(user, "*") == 0) /* no proxy at all, and only if it stands alone */
        return curl_easy_setopt(easy, CURLOPT_NOPROXY, user);
    size = strlen(user) + 1 + sizeof(loopback);
    list = weft_alloc(size);
    if (!list)
        return CURLE_OUT_OF_MEMORY;
    snprintf(list, size, "%s,%s", user, loopback);
    code = curl_easy_setopt(easy, CURLOPT_NOPROXY, list);
    weft_free(list);
    return code;
}

/* The deadline as libcurl wants it. Its 0 is "none", so one that passes now is 1 ms. */
static long timeout_until(weft_time until)
{
    int64_t ms = weft__ms_until(until, INT32_MAX);

    return until == WEFT_FOREVER ? 0 : ms > 0 ? (long)ms : 1;
}

static CURLcode configure(struct fetch *fetch, weft_time until)
{
    long timeout = timeout_until(until);
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},   /* signals belong to the program */
        {CURLOPT_QUICK_EXIT, 1}, /* a slow name server cannot hold us past the deadline */
        {CURLOPT_FOLLOWLOCATION, fetch->redirect_limit > 0},
        {CURLOPT_MAXREDIRS, fetch->redirect_limit},
        {CURLOPT_TIMEOUT_MS, timeout},
        /* Connecting may take all of it; 0 would mean five minutes. */
        {CURLOPT_CONNECTTIMEOUT_MS, timeout > 0 ? timeout : INT32_MAX},
    };
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_URL, fetch->url},
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_REDIR_PROTOCOLS_STR, "http,https"},
        {CURLOPT_USERAGENT, "weft"}, /* some servers turn down who has no name */
    };
    CURLcode code = CURLE_OK;
    curl_off_t largest =
        fetch->size_limit < INT64_MAX ? (curl_off_t)fetch->size_limit : (curl_off_t)INT64_MAX;

    for (size_t i = 0; code == CURLE_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        code = curl_easy_setopt(fetch->easy, numbers[i].option, numbers[i].value);
    for (size_t i = 0; code == CURLE_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
        code = curl_easy_setopt(fetch->easy, texts[i].option, texts[i].value);
    if (code == CURLE_OK)
        code = set_no_proxy(fetch->easy);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_MAXFILESIZE_LARGE, largest);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, receive);
    if (code == CURLE_OK)
        code = curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
    return code;
}

/* ---- errors --------------------------------------------------------------------- */

static int code_of(CURLcode curl_code)
{
    static const struct {
        CURLcode curl_code;
        int err;
    } table[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, WEFT_EPROTOCOL}, /* of a redirect, or HTTP/0.9 */
        {CURLE_URL_MALFORMAT, WEFT_EINVAL},
        {CURLE_COULDNT_RESOLVE_PROXY, WEFT_ENOTFOUND},
        {CURLE_COULDNT_RESOLVE_HOST, WEFT_ENOTFOUND},
        {CURLE_COULDNT_CONNECT, WEFT_EREFUSED},
        {CURLE_WEIRD_SERVER_REPLY, WEFT_EPROTOCOL},
        {CURLE_HTTP2, WEFT_EPROTOCOL},
        {CURLE_PARTIAL_FILE, WEFT_ERESET},
        {CURLE_OUT_OF_MEMORY, WEFT_ENOMEM},
        {CURLE_OPERATION_TIMEDOUT, WEFT_ETIMEDOUT},
        {CURLE_SSL_CONNECT_ERROR, WEFT_EPROTOCOL},
        {CURLE_TOO_MANY_REDIRECTS, WEFT_EPROTOCOL},
        {CURLE_GOT_NOTHING, WEFT_ERESET},
        {CURLE_SEND_ERROR, WEFT_ERESET},
        {CURLE_RECV_ERROR, WEFT_ERESET},
        {CURLE_SSL_CIPHER, WEFT_EPROTOCOL},
        {CURLE_PEER_FAILED_VERIFICATION, WEFT_EPROTOCOL},
        {CURLE_BAD_CONTENT_ENCODING, WEFT_EPROTOCOL},
        {CURLE_FILESIZE_EXCEEDED, WEFT_ETOOBIG},
        {CURLE_SSL_ISSUER_ERROR, WEFT_EPROTOCOL},
        {CURLE_SSL_INVALIDCERTSTATUS, WEFT_EPROTOCOL},
        {CURLE_HTTP2_STREAM, WEFT_EPROTOCOL},
        {CURLE_PROXY, WEFT_EPROTOCOL},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].curl_code == curl_code)
            return table[i].err;
    return WEFT_ESYSTEM;
}

/* Where libcurl's code alone says too little or too much. */
static int code_in_context(CURL *easy, CURLcode code)
{
    long system_error = 0, redirects = 0;
    curl_off_t begun = 0; /* when the first byte of the answer came; 0: none did */
    char *scheme = NULL;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_COUNT, &redirects);
    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
    curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);

    /* The server's URL is malformed, not the caller's. */
    if (code == CURLE_URL_MALFORMAT && redirects > 0)
        return WEFT_EPROTOCOL;
    /* Before 8.6 this is also what a header line of more than 100 KiB gets. */
    if (code == CURLE_OUT_OF_MEMORY && begun > 0)
        return WEFT_EPROTOCOL;
    /* Without an error of the system it is the content that was wrong: chunks that are
     * none. Below TLS the system's error does not always come through. */
    if (code == CURLE_RECV_ERROR && system_error == 0 && scheme && curl_strequal(scheme, "http"))
        return WEFT_EPROTOCOL;
    return code_of(code);
}

/* The error of a transfer that ended with `code`. */
static int explain(const struct fetch *fetch, CURLcode code)
{
    const char *reason = fetch->reason[0] ? fetch->reason : curl_easy_strerror(code);
    const char *url = fetch->shown_url;
    char shown[SHOWN_SIZE];
    int err = code_in_context(fetch->easy, code);
    long system_error = 0;

    weft_text_printable(reason, strlen(reason), shown, sizeof(shown));
    curl_easy_getinfo(fetch->easy, CURLINFO_OS_ERRNO, &system_error);
    if (fetch->err == WEFT_ETOOBIG || err == WEFT_ETOOBIG)
        return weft__fail(WEFT_ETOOBIG, "http get %s: the body is over the limit of %zu bytes", url,
                          fetch->size_limit);
    if (fetch->err != 0)
        return weft__fail(fetch->err, "http get %s: no memory for the body after %zu bytes", url,
                          fetch->size);
    if (code == CURLE_COULDNT_CONNECT && system_error != 0)
        return weft__fail_system(system_error, "http get %s: %s", url, shown);
    if (code == CURLE_OUT_OF_MEMORY && err == WEFT_EPROTOCOL)
        return weft__fail(err, "http get %s: no room for what the server sent as header", url);
    return weft__fail(err, "http get %s: %s", url, shown);
}

/* ---- public --------------------------------------------------------------------- */

static void take_options(struct fetch *fetch, const weft_http_options *options)
{
    fetch->size_limit = options->size_limit > 0 ? options->size_limit : DEFAULT_SIZE_LIMIT;
    if (fetch->size_limit == SIZE_MAX)
        fetch->size_limit--; /* the terminating zero */
    fetch->redirect_limit = options->redirect_limit ? options->redirect_limit : DEFAULT_REDIRECTS;
}

static int perform(struct fetch *fetch, weft_http_response *response, weft_time until)
{
    CURLcode code;
    long status = 0;

    curl_easy_setopt(fetch->easy, CURLOPT_ERRORBUFFER, fetch->reason);
    code = configure(fetch, until);
    if (code == CURLE_OK)
        code = curl_easy_perform(fetch->easy);
    if (code != CURLE_OK)
        return explain(fetch, code);
    fetch->err = reserve(fetch, 0); /* no body is an empty text */
    if (fetch->err != 0)
        return explain(fetch, CURLE_OUT_OF_MEMORY);
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    fetch->body[fetch->size] = '\0';
    *response = (weft_http_response){(int)status, fetch->body, fetch->size};
    fetch->body = NULL; /* the caller's now */
    return 0;
}

int weft_http_get(weft_http_response *response, const char *url, const weft_http_options *options,
                  weft_time until)
{
    struct fetch fetch = {.url = url};
    weft_http_options none = {0, 0};
    int err = weft_http_url_check(url);

    if (err != 0)
        return err;
    if (!options)
        options = &none;
    if (!response || options->redirect_limit < -1)
        return weft__fail(WEFT_EINVAL, "http get: %s",
                          response ? "redirect_limit is below -1" : "no place for the response");
    take_options(&fetch, options);
    weft_text_printable(url, strlen(url), fetch.shown_url, sizeof(fetch.shown_url));
    if (weft_clock() >= until)
        return weft__fail(WEFT_ETIMEDOUT, "http get %s: the deadline had passed before it began",
                          fetch.shown_url);
    err = weft_once_run(&curl_started, start_curl, NULL, until);
    if (err != 0)
        return err;
    fetch.easy = curl_easy_init();
    if (!fetch.easy)
        return weft__fail(WEFT_ENOMEM, "http get %s: no memory for libcurl", fetch.shown_url);
    err = perform(&fetch, response, until);
    curl_easy_cleanup(fetch.easy);
    weft_free(fetch.body);
    return err;
}

void weft_http_response_close(weft_http_response *response)
{
    if (!response)
        return;
    weft_free(response->body);
    response->body = NULL;
    response->size = 0;
}
