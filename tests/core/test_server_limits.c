/* SPDX-License-Identifier: MIT */
#include "server_styles.h"
const char *const suite_name = "server_limits";
CU_TestInfo suite_cases[] = {CU_TEST_INFO_NULL};
