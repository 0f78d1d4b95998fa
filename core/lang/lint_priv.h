/*
 * lint_priv.h - what is a program, and surely a mistake: where the checker asks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/check_priv.h"

/* Each of these is for what the checker has just checked, and says nothing but in lang_lint(). */
void lang_lint_compare(const struct check *check, const struct expr *expr);
void lang_lint_assign(const struct check *check, const struct expr *expr);
void lang_lint_catch(const struct check *check, const struct catch_clause *clause);

/* A label that the statement before it reaches. */
void lang_lint_label(const struct check *check, const struct stmt *before,
                     const struct stmt *label);

/* A variable that goes out of scope. */
void lang_lint_hiding(const struct check *check, const struct local *local);

/* `this.name` was read: who hides that field knows it. */
void lang_lint_told_apart(const struct check *check, const struct symbol *name);

/* All of a file is checked: its imports and private members. */
void lang_lint_file(struct lang *lang, const struct file *file);
