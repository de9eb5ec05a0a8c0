/* SPDX-License-Identifier: MIT */
#include "server_styles.h"
const char *const suite_name = "server_end";
CU_TestInfo suite_cases[] = {CU_TEST_INFO_NULL};
