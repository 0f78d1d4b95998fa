/*
 * help.c - help texts, the manual page (man(7) macros) and the completion for
 * bash, from the table of verbs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/help.h"

#include <stdbool.h>
#include <string.h>

#define SUMMARY        "programs that never lose their place"

#define OPTION_COLUMNS 16 /* at least so wide is the column of a verb's options */

void
help_all(FILE *to)
{
    fprintf(to, "phantom - " SUMMARY "\n\nUsage: phantom VERB [OPTION ...] ARGUMENT ...\n\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        fprintf(to, "  %-8s %s\n", verb->name, verb->summary);
    fprintf(to, "\n"
                "'phantom VERB --help' says more. 'phantom --version' names the release.\n"
                "\n"
                "To begin:\n"
                "  phantom new my.phantom\n"
                "  phantom run my.phantom examples/counter.ph\n"
                "  kill -9 it, and go on with: phantom run my.phantom\n"
                "\n"
                "Exit status: 0 done, 1 trouble of the world or of the program, 2 wrong usage.\n");
}

/* A single letter is written with one dash. */
static const char *
dashes(const struct option *option)
{
    return option->name[1] == '\0' ? "-" : "--";
}

/* How the option is written, and how long that is. */
static int
option_text(char *text, size_t text_bytes, const struct option *option)
{
    return snprintf(text, text_bytes, "%s%s%s%s", dashes(option), option->name,
                    option->argument == NULL ? "" : " ",
                    option->argument == NULL ? "" : option->argument);
}

/* What is said of the options stands in one column. */
static void
option_lines(FILE *to, const struct option *options)
{
    char left[40];
    int columns = OPTION_COLUMNS;

    for (const struct option *option = options; option->name != NULL; option++) {
        int length = option_text(left, sizeof left, option);

        columns = length > columns ? length : columns;
    }
    for (const struct option *option = options; option->name != NULL; option++) {
        (void)option_text(left, sizeof left, option);
        fprintf(to, "  %-*s %s\n", columns, left, option->help);
    }
}

void
help_verb(FILE *to, const struct verb *verb)
{
    bool options = verb->options[0].name != NULL;

    fprintf(to, "phantom %s - %s\n\nUsage: phantom %s %s%s\n\n%s", verb->name, verb->summary,
            verb->name, options ? "[OPTION ...] " : "", verb->synopsis, verb->details);
    if (options)
        fprintf(to, "\nOptions:\n");
    option_lines(to, verb->options);
}

/* Text for troff: a line must not begin with a dot, and a dash is a dash. */
static void
man_text(FILE *to, const char *text)
{
    bool line_start = true;

    for (; *text != '\0'; text++) {
        if (line_start && *text == '\n') {
            fputs(".PP\n", to);
            continue;
        }
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", to);
        if (*text == '-')
            fputc('\\', to);
        fputc(*text, to);
        line_start = *text == '\n';
    }
}

static void
man_verb(FILE *to, const struct verb *verb)
{
    fprintf(to, ".SS \"phantom %s %s%s\"\n", verb->name,
            verb->options[0].name != NULL ? "[OPTION ...] " : "", verb->synopsis);
    man_text(to, verb->summary);
    fputs(".\n.PP\n", to);
    man_text(to, verb->details);
    for (const struct option *option = verb->options; option->name != NULL; option++) {
        fprintf(to, ".TP\n.B %s%s%s%s\n", option->name[1] == '\0' ? "\\-" : "\\-\\-", option->name,
                option->argument == NULL ? "" : " ",
                option->argument == NULL ? "" : option->argument);
        man_text(to, option->help);
        fputc('\n', to);
    }
}

void
help_man(FILE *to)
{
    fprintf(to, ".TH PHANTOM 1 \"\" \"phantom %s\" \"User Commands\"\n", PHANTOM_VERSION);
    fputs(".SH NAME\nphantom \\- " SUMMARY "\n.SH SYNOPSIS\n", to);
    fputs(".B phantom\n.I VERB\n[\\fIOPTION\\fR ...] \\fIARGUMENT\\fR ...\n.SH DESCRIPTION\n", to);
    fputs("A volume holds programs and all they know. It is snapshotted all the time, without\n"
          "pausing them; after a kill, a crash or a power cut every program goes on in the\n"
          "middle of the line it was in.\n.SH VERBS\n",
          to);
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        man_verb(to, verb);
    fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nIf set and not empty, messages have no colours.\n"
          ".TP\n.B TMPDIR\nWhere exec keeps its throw\\-away volume, and put what comes from a "
          "pipe.\n"
          ".SH FILES\n.TP\n.I VOLUME.control\nThe socket by which a running volume answers.\n"
          ".SH EXIT STATUS\n0 done, 1 trouble of the world or of the program, 2 wrong usage.\n",
          to);
}

static void
completion_verb(FILE *to, const struct verb *verb)
{
    fprintf(to, "    %s) options=\"--help", verb->name);
    for (const struct option *option = verb->options; option->name != NULL; option++)
        fprintf(to, " %s%s", dashes(option), option->name);
    fputs("\" ;;\n", to);
}

void
help_completion(FILE *to)
{
    fputs("# Completion of phantom for bash, made by 'phantom --completion'.\n_phantom()\n{\n", to);
    fputs("    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options=\n", to);
    fputs("    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"", to);
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        fprintf(to, "%s ", verb->name);
    fputs("--help --version\" -- \"$word\"))\n        return\n    fi\n    case $verb in\n", to);
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        completion_verb(to, verb);
    fputs("    esac\n"
          "    case $word in\n"
          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
          "    *) if [ \"$verb\" = app ] && [ \"$COMP_CWORD\" -eq 3 ]; then\n"
          "           COMPREPLY=($(compgen -W \"list stop remove limit\" -- \"$word\"))\n"
          "       elif [ \"$verb\" = history ] && [ \"$COMP_CWORD\" -eq 3 ]; then\n"
          "           COMPREPLY=($(compgen -W \"list pin drop\" -- \"$word\"))\n"
          "       else\n"
          "           COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "       fi ;;\n"
          "    esac\n"
          "}\n"
          "complete -o filenames -F _phantom phantom\n",
          to);
}
