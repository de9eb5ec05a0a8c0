/* SPDX-License-Identifier: MIT */
/* Ctrl-Break asks for a report. Windows calls the handler in a thread of its own. */

#include <windows.h>

#include "weft/error.h"

#include "internal.h"
#include "registry.h"
#include "seam.h"

static void (*report_function)(void); /* written before the handler is known */

static BOOL WINAPI answer(DWORD event)
{
    if (event != CTRL_BREAK_EVENT)
        return FALSE;
    weft__thread_call_itself("weft-doctor");
    report_function();
    return TRUE;
}

int weft_seam_doctor_listen(void (*report)(void))
{
    report_function = report;
    if (!SetConsoleCtrlHandler(answer, TRUE))
        return weft__fail_system((long)GetLastError(), "doctor: no handler for Ctrl-Break");
    return 0;
}
