/*
 * selftest.h - the kernel tests itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/*
 * Do what `selftest` on the command line asks for: all tests, or the death that
 * it names. In a thread, before there is a space. Returns true if all is well;
 * a death does not return.
 */
bool selftest_run(const char *what);
