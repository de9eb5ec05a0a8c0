/* SPDX-License-Identifier: MIT */
/*
 * Runs the suite of one test file, or the one case that is named as argument.
 * Exit code 0: all passed; 1: not; 2: no such case.
 */
#include <CUnit/Basic.h>

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "support.h"
#include "weft/process.h"

static void keep_only(const char *name)
{
    CU_TestInfo *one = suite_cases;

    while (one->pName && strcmp(one->pName, name) != 0)
        one++;
    suite_cases[0] = *one;
    if (one->pName)
        suite_cases[1] = *(CU_TestInfo[]){CU_TEST_INFO_NULL};
}

int main(int argc, char **argv)
{
    CU_SuiteInfo suites[2] = {{NULL, NULL, NULL, NULL, NULL, NULL}, CU_SUITE_INFO_NULL};
    unsigned failed;

    weft_main(&argc, &argv);
    weft_on_misuse(support_on_misuse);
    setvbuf(stdout, NULL, _IONBF, 0); /* a case that crashes leaves its name behind */
    if (argc > 1)
        keep_only(argv[1]);
    if (!suite_cases[0].pName) {
        fprintf(stderr, "%s: no case %s\n", suite_name, argc > 1 ? argv[1] : "at all");
        return 2;
    }
    suites[0].pName = suite_name;
    suites[0].pTests = suite_cases;
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "%s: %s\n", suite_name, CU_get_error_msg());
        return 1;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
    CU_cleanup_registry();
    return failed == 0 ? 0 : 1;
}
