/* SPDX-License-Identifier: MIT */
/* A text as an address: what was read and written is read as the same, and every refusal
 * has a sentence that a terminal may show. */
#include <string.h>

#include "fuzz.h"
#include "weft/address.h"
#include "weft/caps.h"
#include "weft/error.h"
#include "weft/text.h"

enum { LONGEST = 400 };

const char *const fuzz_name = "address";

void fuzz_prepare(void)
{
}

static void check_refusal(int err)
{
    const char *sentence = weft_last_error();
    char shown[4 * LONGEST];

    REQUIRE(err == WEFT_EINVAL || err == (weft_caps()->ipv6 ? WEFT_ENOTFOUND : WEFT_ENOTSUP));
    REQUIRE(sentence[0] != '\0');
    weft_text_printable(sentence, strlen(sentence), shown, sizeof(shown));
    REQUIRE(strcmp(shown, sentence) == 0);
}

void fuzz(struct input *in)
{
    weft_address address, again;
    char text[LONGEST + 1], written[WEFT_ADDRESS_TEXT];
    int default_port = (int)below(in, 3) - 1;
    size_t length = in->left < LONGEST ? in->left : LONGEST;
    int err;

    memcpy(text, in->next, length);
    text[length] = '\0';
    memset(&address, 0xA5, sizeof(address));
    again = address;
    err = weft_address_parse(&address, text, default_port);
    if (err != 0) {
        REQUIRE(memcmp(&address, &again, sizeof(address)) == 0);
        check_refusal(err);
        return;
    }
    weft_address_text(&address, written, sizeof(written));
    REQUIRE_EQUAL(weft_address_parse(&again, written, -1), 0);
    REQUIRE(memcmp(&address, &again, sizeof(address)) == 0);
    REQUIRE(weft_address_equal(&address, &again));
}
