/*
 * help.h - help, manual page and completion, all made from the table of verbs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdio.h>

#include "phantom/verbs.h"

void help_all(FILE *to);
void help_verb(FILE *to, const struct verb *verb);
void help_man(FILE *to);
void help_completion(FILE *to);
