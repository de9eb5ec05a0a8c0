/* SPDX-License-Identifier: MIT */
/*
 * What went wrong with a fetch: libcurl's CURLcode, its error text and the system's error number
 * become one of our codes and a sentence. What libcurl says may quote what a server sent, so it
 * is made printable.
 */
#include "http_fetch.h"

#include <string.h>

#include <weft/error.h>
#include <weft/text.h>

#include "internal.h"

enum { TOO_LARGE = 100 }; /* CURLE_TOO_LARGE, which headers before 8.6 do not name */

static int code_of(CURLcode curl_code)
{
    static const struct {
        CURLcode curl_code;
        int err;
    } table[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, WEFT_EPROTOCOL}, /* HTTP/0.9 */
        {CURLE_URL_MALFORMAT, WEFT_EINVAL},
        {CURLE_COULDNT_RESOLVE_PROXY, WEFT_ENOTFOUND},
        {CURLE_COULDNT_RESOLVE_HOST, WEFT_ENOTFOUND},
        {CURLE_COULDNT_CONNECT, WEFT_EREFUSED},
        {CURLE_WEIRD_SERVER_REPLY, WEFT_EPROTOCOL},
        {CURLE_HTTP2, WEFT_EPROTOCOL},
        {CURLE_PARTIAL_FILE, WEFT_ETRUNCATED},
        {CURLE_OUT_OF_MEMORY, WEFT_ENOMEM},
        {CURLE_OPERATION_TIMEDOUT, WEFT_ETIMEDOUT},
        {CURLE_SSL_CONNECT_ERROR, WEFT_EPROTOCOL},
        {CURLE_TOO_MANY_REDIRECTS, WEFT_EREDIRECT},
        {CURLE_GOT_NOTHING, WEFT_ECLOSED},
        {CURLE_SEND_ERROR, WEFT_ERESET},
        {CURLE_RECV_ERROR, WEFT_ERESET},
        {CURLE_SSL_CIPHER, WEFT_EPROTOCOL},
        {CURLE_PEER_FAILED_VERIFICATION, WEFT_ECERTIFICATE},
        {CURLE_BAD_CONTENT_ENCODING, WEFT_EPROTOCOL},
        {CURLE_FILESIZE_EXCEEDED, WEFT_ETOOBIG},
        {CURLE_SSL_CACERT_BADFILE, WEFT_EINVAL},
        {CURLE_SSL_ISSUER_ERROR, WEFT_ECERTIFICATE},
        {CURLE_SSL_INVALIDCERTSTATUS, WEFT_ECERTIFICATE},
        {CURLE_HTTP2_STREAM, WEFT_EPROTOCOL},
        {CURLE_PROXY, WEFT_EPROTOCOL},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].curl_code == curl_code)
            return table[i].err;
    return WEFT_ESYSTEM;
}

/* A redirect led to file:, ftp: or the like. */
static bool is_elsewhere(CURL *easy)
{
    char *url = NULL;

    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    return url && !curl_strnequal(url, "http:", 5) && !curl_strnequal(url, "https:", 6);
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

    /* The server's URL, not the caller's. Whether file: is malformed depends on the system. */
    if (code == CURLE_URL_MALFORMAT && redirects > 0)
        return WEFT_ENOTSUP;
    if (code == CURLE_UNSUPPORTED_PROTOCOL && is_elsewhere(easy))
        return WEFT_ENOTSUP;
    /* Before 8.6 this is also what a header line of more than 100 KiB gets. */
    if ((int)code == TOO_LARGE || (code == CURLE_OUT_OF_MEMORY && begun > 0))
        return WEFT_ETOOBIG;
    /* Without an error of the system it is the content that was wrong: chunks that are
     * none. Below TLS the system's error does not always come through. */
    if (code == CURLE_RECV_ERROR && system_error == 0 && scheme && curl_strequal(scheme, "http"))
        return WEFT_EPROTOCOL;
    return code_of(code);
}

int weft__http_fail(const struct weft__http_fetch *fetch, CURLcode code)
{
    const char *reason = fetch->reason[0] ? fetch->reason : curl_easy_strerror(code);
    const char *url = fetch->shown_url;
    char shown[WEFT__HTTP_SHOWN];
    int err = code_in_context(fetch->easy, code);
    long system_error = 0;

    if (fetch->err != 0)
        return weft__fail(fetch->err, "%s", fetch->sentence);
    weft_text_printable(reason, strlen(reason), shown, sizeof(shown));
    curl_easy_getinfo(fetch->easy, CURLINFO_OS_ERRNO, &system_error);
    if (code == CURLE_FILESIZE_EXCEEDED)
        return weft__fail(err, "http get %s: the body is over the limit of %llu bytes", url,
                          (unsigned long long)fetch->size_limit);
    if (code == CURLE_COULDNT_CONNECT && system_error != 0)
        return weft__fail_system(system_error, "http get %s: %s", url, shown);
    if (err == WEFT_ETOOBIG)
        return weft__fail(err, "http get %s: no room for what the server sent as header", url);
    if (err == WEFT_ENOTSUP)
        return weft__fail(err, "http get %s: a redirect leads to no page: %s", url, shown);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return weft__fail(err, "http get %s: its certificate does not verify: %s", url, shown);
    return weft__fail(err, "http get %s: %s", url, shown);
}

int weft__http_fail_late(const struct weft__http_fetch *fetch)
{
    const char *url = fetch->shown_url;
    curl_off_t resolved = 0, connected = 0;

    if (!fetch->active)
        return weft__fail(WEFT_ETIMEDOUT,
                          "http get %s: as many from its host as may be, %u, were under way "
                          "until the deadline",
                          url, fetch->connections);
    curl_easy_getinfo(fetch->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
    curl_easy_getinfo(fetch->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected > 0)
        return weft__fail(WEFT_ETIMEDOUT,
                          "http get %s: not done until the deadline, after %llu bytes of body", url,
                          (unsigned long long)fetch->received);
    return weft__fail(WEFT_ETIMEDOUT, "http get %s: %s until the deadline", url,
                      resolved > 0 ? "not connected" : "its host's address was not found");
}
