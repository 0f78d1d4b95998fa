/*
 * verbs.c - the table of verbs. Help, manual and completion are made from it,
 * so a verb or an option that is not here does not exist, and one that is here
 * is documented.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/verbs.h"

#include <stddef.h>
#include <string.h>

#include "base/assert.h"

#define NO_MORE                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

static const struct option new_options[] = {
    { "size", "SIZE",
      "how much it can hold, such as 512M or 64G (the file is sparse); default 64G" },
    NO_MORE,
};

/* What run and exec share, so that it reads the same. */
#define WORKERS_OPTION                                                                             \
    {                                                                                              \
        "workers", "N", "run programs on N processors at a time; default: all"                     \
    }
#define MEMORY_OPTION                                                                              \
    {                                                                                              \
        "memory", "SIZE",                                                                          \
            "keep at most this much of the space in memory; default: some half of the machine's"   \
    }
#define STRICT_OPTION                                                                              \
    {                                                                                              \
        "strict", NULL, "protect every page that was not announced as written (slow; finds bugs)"  \
    }
#define COLLECT_OPTION                                                                             \
    {                                                                                              \
        "collect", NULL, "collect before nearly every allocation (slow; finds bugs)"               \
    }
#define MOVE_OPTION                                                                                \
    {                                                                                              \
        "move", NULL, "move young objects at every safepoint (slow; finds bugs)"                   \
    }
#define EVERY_OPTION                                                                               \
    {                                                                                              \
        "every", "N", "wait for a snapshot at every Nth safepoint of a program (slow; finds bugs)" \
    }
#define FAIL_OPTION                                                                                \
    {                                                                                              \
        "fail-allocation", "N", "the Nth allocation finds no memory (finds bugs)"                  \
    }
#define WALK_OPTION                                                                                \
    {                                                                                              \
        "walk", NULL, "look at all objects after each collection (slow; finds bugs)"               \
    }
#define INTERVAL_OPTION                                                                            \
    {                                                                                              \
        "interval", "MS", "milliseconds between snapshots; default: adapts to what is written"     \
    }

static const struct option run_options[] = {
    { "again", NULL, "start PROGRAM although the volume holds a program already" },
    COLLECT_OPTION,
    EVERY_OPTION,
    FAIL_OPTION,
    { "gated", NULL, "hold output until the snapshot that contains its cause is committed" },
    INTERVAL_OPTION,
    MEMORY_OPTION,
    MOVE_OPTION,
    { "quiet", NULL, "say nothing about resuming and stopping" },
    { "safe", NULL, "open the volume and answer questions, but run nothing" },
    STRICT_OPTION,
    WALK_OPTION,
    WORKERS_OPTION,
    NO_MORE,
};

static_assert(sizeof run_options / sizeof run_options[0] <= OPTION_MAX + 1,
              "it has the most: there is a place for the value of each");

static const struct option app_options[] = {
    { "memory", "SIZE",
      "with limit: what the program may have; over that it collects, then gets an error; 0: no "
      "limit" },
    { "cpu", "PERCENT", "with limit: of one processor, as a share of each 100 ms; 0: no limit" },
    NO_MORE,
};

static const struct option shell_options[] = {
    INTERVAL_OPTION, MEMORY_OPTION, STRICT_OPTION, WORKERS_OPTION, NO_MORE,
};

static const struct option boot_options[] = {
    { "again", NULL, "start PROGRAM although the volume holds a program already" },
    { "cpus", "N", "a machine with N processors; default: 2" },
    { "gated", NULL, "hold output until the snapshot that contains its cause is committed" },
    INTERVAL_OPTION,
    { "kernel", "FILE", "the kernel to boot; default: the one beside this command" },
    { "memory", "SIZE", "a machine with this much memory; default: 512M" },
    { "safe", NULL, "open the volume and answer questions, but run nothing" },
    STRICT_OPTION,
    NO_MORE,
};

static const struct option exec_options[] = {
    INTERVAL_OPTION,
    MEMORY_OPTION,
    { "profile", NULL, "say at the end, on standard error, where the time went" },
    STRICT_OPTION,
    WORKERS_OPTION,
    NO_MORE,
};

static const struct option profile_options[] = {
    { "seconds", "N", "look at it for so long; default: 5" },
    NO_MORE,
};

static const struct option stat_options[] = {
    { "json", NULL, "as one JSON object, for programs" },
    NO_MORE,
};

static const struct option compile_options[] = {
    { "output", "FILE", "where the module goes; default: the source's name with .pm" },
    { "list", NULL, "print what is in the module, instruction by instruction" },
    NO_MORE,
};

static const struct option fmt_options[] = {
    { "check", NULL, "change nothing; print the names of the files that would change" },
    NO_MORE,
};

static const struct option history_options[] = {
    { "keep", "RULES", "keep by rule: hourly=N, daily=N, last=N, with commas between, or none" },
    NO_MORE,
};

static const struct option check_options[] = {
    { "heap", NULL, "walk the heap, too: every word is null, a value, or a whole object" },
    { "repair", NULL, "say what can be done about damage and what it costs, ask, and do it" },
    { "yes", NULL, "with --repair: do not ask" },
    NO_MORE,
};

static const struct option show_options[] = {
    { "at", "GENERATION", "as it was in this one, which is kept; the volume is stopped" },
    NO_MORE,
};

static const struct option send_options[] = {
    { "from", "GENERATION", "only what differs from this one, which is kept and older" },
    { "output", "FILE", "where the stream goes; default: standard output" },
    { "to", "GENERATION",
      "the one to send, which is kept; default: the present, which is kept then" },
    NO_MORE,
};

static const struct option grow_options[] = {
    { "size", "SIZE", "how much it can hold then; default: as much as what it lies on" },
    NO_MORE,
};

static const struct option migrate_options[] = {
    { "damaged", NULL, "if it is damaged, go on from what is whole of it" },
    NO_MORE,
};

static const struct option put_options[] = {
    { "force", NULL, "take the place of an object that is no file, too (never of a directory)" },
    { "text", NULL, "keep it as a string, which its UTF-8 becomes; default: as bytes" },
    NO_MORE,
};

static const struct option ls_options[] = {
    { "l", NULL, "with the class and the size of each object" },
    NO_MORE,
};

static const struct option rm_options[] = {
    { "r", NULL, "a directory, too, with all that is in it" },
    NO_MORE,
};

static const struct option no_options[] = { NO_MORE };

const struct verb verbs[] = {
    {
        .name = "new",
        .synopsis = "VOLUME",
        .summary = "make a volume",
        .details =
            "Makes VOLUME, a sparse file or a block device that will hold programs and all\n"
            "they know, and puts the class library into it. An existing file is never\n"
            "overwritten, nor a device that is not empty. VOLUME is there when it is whole.\n",
        .options = new_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_new,
    },
    {
        .name = "run",
        .synopsis = "VOLUME [PROGRAM [ARG ...]]",
        .summary = "go on with a volume, or start a program in it",
        .details =
            "Without PROGRAM, everything in VOLUME goes on where its newest snapshot has it.\n"
            "With PROGRAM (a .ph source or a compiled module), that is put into the volume and\n"
            "started; from then on it lives there and the file is not needed any more.\n"
            "\n"
            "Ends when the last thread has ended: 0, or 1 after an uncaught exception, or if\n"
            "output could not be shown (it stays in the volume, for the next run). Ctrl-C,\n"
            "SIGTERM and SIGHUP take a last snapshot and end with 0; a second Ctrl-C leaves at\n"
            "once, which is as safe as pulling the plug: the volume goes on from its newest\n"
            "committed snapshot. Under nohup it outlives its terminal.\n"
            "\n"
            "With --gated nothing is shown that a power cut could undo. What may not have been\n"
            "written before a cut is written again: at least once, and in order.\n",
        .options = run_options,
        .argument_min = 1,
        .argument_max = ~0u,
        .rest_from = 2,
        .run = verb_run,
    },
    {
        .name = "shell",
        .synopsis = "VOLUME",
        .summary = "talk to a volume: a prompt whose variables live for ever",
        .details =
            "Everything in VOLUME goes on, and a prompt takes statements, definitions and\n"
            "expressions of the Phantom language. What is defined there stays: after leaving\n"
            "(Ctrl-D), after kill -9, after a power cut. Type help at the prompt.\n"
            "\n"
            "Ctrl-C stops what was typed and runs, not the shell. Leaving stops VOLUME after a\n"
            "last snapshot, with status 0.\n"
            "\n"
            "A VOLUME that runs already gets one more prompt, which knows what was defined at the\n"
            "others; the options are those of who started it then. Leaving it, or its end by a\n"
            "kill, stops nothing: a text that was just running goes on, and prints where VOLUME\n"
            "does.\n",
        .options = shell_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_shell,
    },
    {
        .name = "boot",
        .synopsis = "VOLUME [PROGRAM [ARG ...]] [-- QEMU-ARG ...]",
        .summary = "boot a volume on bare metal, in QEMU",
        .details =
            "Starts a PC in QEMU that boots Phantom's own kernel and goes on with VOLUME, in the\n"
            "middle of whatever its programs are doing; the same volume goes on under 'phantom\n"
            "run' afterwards. With PROGRAM, that is put into the volume first. The machine's\n"
            "console is this terminal; ps, stat, app, log and history reach it as they reach a\n"
            "process.\n"
            "\n"
            "Ctrl-C, SIGTERM and SIGHUP press the power button: the machine takes a last snapshot\n"
            "and switches itself off. A second Ctrl-C pulls the plug, which is safe. Where a "
            "shell\n"
            "lives in VOLUME, Ctrl-C stops what was typed there, and leaving it (Ctrl-D) is the "
            "power\n"
            "button; Ctrl-\\ always pulls the plug. The status is 0 when the machine has switched\n"
            "itself off, else 1.\n"
            "\n"
            "What follows -- goes to QEMU, such as -accel kvm -cpu host.\n",
        .options = boot_options,
        .argument_min = 1,
        .argument_max = ~0u,
        .rest_from = 2,
        .tail = true,
        .run = verb_boot,
    },
    {
        .name = "exec",
        .synopsis = "PROGRAM [ARG ...]",
        .summary = "run a program in a throw-away volume",
        .details =
            "Compiles and runs PROGRAM, and forgets it when it ends. The status is the\n"
            "program's own: what it gave to exit(), else 0, or 1 after an uncaught exception,\n"
            "or 128 and the number of the signal that ended it. The volume takes room in TMPDIR,\n"
            "where nobody sees it, and is gone however it ends.\n",
        .options = exec_options,
        .argument_min = 1,
        .argument_max = ~0u,
        .rest_from = 1,
        .run = verb_exec,
    },
    {
        .name = "app",
        .synopsis = "VOLUME list | stop NUMBER | remove NUMBER | limit NUMBER",
        .summary = "list, stop, remove or limit the programs in a volume",
        .details = "stop ends all threads of a program where they stand; what it built stays.\n"
                   "remove also lets go of everything that only it could reach.\n"
                   "limit, with --memory or --cpu or both, holds from now on and for later runs.\n",
        .options = app_options,
        .argument_min = 1,
        .argument_max = 3,
        .run = verb_app,
    },
    {
        .name = "put",
        .synopsis = "VOLUME FILE [PATH]",
        .summary = "copy a file into a volume's tree of names",
        .details =
            "A volume has a tree of names, as a disk has files: programs reach it as\n"
            "directory.root(), and people by PATH, which is names with / between them.\n"
            "Every object can stand in it. A file becomes a .internal.binary, byte for byte, or,\n"
            "with --text, a .internal.string.\n"
            "\n"
            "As with cp, what was there is replaced, if it is a binary or a string; if PATH is a\n"
            "directory, or ends with /, or is not given, the file goes into it under its own "
            "name.\n"
            "Directories that are missing are made. FILE can be -, standard input.\n"
            "\n"
            "Works on a running volume and on one that is stopped, whose programs stand still\n"
            "meanwhile. It ends when the file is safe: no kill and no power cut undoes it any "
            "more.\n"
            "Cut off before, it has changed nothing.\n",
        .options = put_options,
        .argument_min = 2,
        .argument_max = 3,
        .run = verb_put,
    },
    {
        .name = "get",
        .synopsis = "VOLUME PATH [FILE]",
        .summary = "copy a file out of a volume's tree of names",
        .details =
            "Writes the bytes of the .internal.binary, or the UTF-8 of the .internal.string, that\n"
            "stands at PATH in VOLUME; other objects cannot leave. As with cp, a file that is "
            "there\n"
            "is replaced, once the new one is whole; if FILE is a folder, or is not given, it "
            "gets\n"
            "the last name of PATH. FILE can be -, standard output.\n"
            "\n"
            "What it gives is safe in VOLUME, too: no kill undoes it any more. A program that\n"
            "writes to a binary meanwhile may be seen in the middle of it. While VOLUME is "
            "stopped\n"
            "it may be a file that can only be read.\n",
        .options = no_options,
        .argument_min = 2,
        .argument_max = 3,
        .run = verb_get,
    },
    {
        .name = "ls",
        .synopsis = "VOLUME [PATH]",
        .summary = "list what is in a volume's tree of names",
        .details =
            "A line for each name in the directory at PATH, or in the root; a name that ends\n"
            "with / is a directory. What stands at PATH and is no directory is listed alone.\n"
            "With -l the class of each object is shown, and its size: of a binary bytes, of a\n"
            "string characters (units of UTF-16), of a directory names. While VOLUME is stopped\n"
            "it may be a file that can only be read.\n",
        .options = ls_options,
        .argument_min = 1,
        .argument_max = 2,
        .run = verb_ls,
    },
    {
        .name = "rm",
        .synopsis = "VOLUME PATH",
        .summary = "take a name out of a volume's tree of names",
        .details =
            "The object that stood there lives on if something else in VOLUME refers to it. A\n"
            "directory that is not empty stays, but with -r. It ends when that is safe.\n",
        .options = rm_options,
        .argument_min = 2,
        .argument_max = 2,
        .run = verb_rm,
    },
    {
        .name = "ps",
        .synopsis = "VOLUME",
        .summary = "show the threads in a volume and what each of them does",
        .details =
            "Works on a running volume and on one that is stopped: there a thread stands\n"
            "where the newest snapshot has it. 'for C 3 of 7' says that it waits for an\n"
            "object of the class C with the monitor 3, which thread 7 holds (or for the\n"
            "end of thread 7). Threads that wait for each other for ever are listed below.\n",
        .options = no_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_ps,
    },
    {
        .name = "stat",
        .synopsis = "VOLUME",
        .summary = "show figures: generations, pages, pauses",
        .details =
            "Durations are those of the present run and absent when the volume is stopped.\n"
            "pause is from the request of a snapshot to the release of all threads,\n"
            "safepoint from the request until the last has stopped, commit from the\n"
            "instant until it is safe on the disk.\n"
            "Under 'waited' is how often, how long in all and how long at most a thread stood\n"
            "still: for room on the volume or in memory; for copies, when it wrote faster than\n"
            "snapshots are saved; and for pages that had to be read.\n"
            "Under 'full no.' are the last full collections; --json has more of them.\n",
        .options = stat_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_stat,
    },
    {
        .name = "profile",
        .synopsis = "VOLUME",
        .summary = "show in which methods and lines the programs spend their time",
        .details =
            "Looks at the running VOLUME for some seconds. Once in a millisecond each processor\n"
            "notes what it runs, and who called that. ITSELF is the part of the samples in a "
            "method\n"
            "or a line, IN ALL with what it called. What is written in C, and a method that does\n"
            "nothing but to give or set a field, counts for its caller. Ctrl-C ends the look, and\n"
            "shows what was seen. A program is looked at from its start to its end by:\n"
            "\n"
            "    phantom exec --profile life.ph\n",
        .options = profile_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_profile,
    },
    {
        .name = "show",
        .synopsis = "VOLUME [PATTERN]",
        .summary = "show the variables of the programs in a volume",
        .details =
            "For each program its number and name, and its top-level variables and static fields\n"
            "with their values, as the language would write them; those of a class as CLASS.NAME.\n"
            "With PATTERN (a name, with * and ?) only those, and in full:\n"
            "\n"
            "    phantom show life.phantom n\n"
            "    phantom show life.phantom 'list*' --at 17\n"
            "\n"
            "Works on a running volume and on one that is stopped. Runs and changes nothing.\n",
        .options = show_options,
        .argument_min = 1,
        .argument_max = 2,
        .run = verb_show,
    },
    {
        .name = "log",
        .synopsis = "VOLUME",
        .summary = "show the newest generations: when, how large, and why",
        .details =
            "The newest comes first. PAGES and SIZE are what it changed; those that are kept\n"
            "can be gone back to (see history and rewind).\n",
        .options = no_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_log,
    },
    {
        .name = "history",
        .synopsis = "VOLUME [list | pin | drop GENERATION]",
        .summary = "show which old generations are kept, keep one, or let one go",
        .details =
            "A generation that is kept can be gone back to (rewind) and copied (clone). pin keeps\n"
            "the present one until it is dropped. BLOCKS is what a generation keeps that no newer\n"
            "one needs. When space is short the oldest go first, whatever keeps them.\n"
            "\n"
            "By rule a volume keeps some by itself, while it changes. hourly=N is one an hour, of\n"
            "which the newest N stay, daily=N one a day. last=N is the newest N of those that "
            "cost\n"
            "least to keep: not simply the last N snapshots, but those that write the page map\n"
            "anew, which is one in 256, more where much is written, and each one that is kept\n"
            "by an hour or a day. A new volume has hourly=8,daily=7. The numbers come to 100 at\n"
            "most. What no rule keeps any more goes when the next one is kept; with none, at "
            "once.\n"
            "\n"
            "Works on a running volume and on one that is stopped.\n",
        .options = history_options,
        .argument_min = 1,
        .argument_max = 3,
        .run = verb_history,
    },
    {
        .name = "rewind",
        .synopsis = "VOLUME GENERATION",
        .summary = "go back to a generation that is kept",
        .details =
            "Makes a new generation of a stopped VOLUME that holds what GENERATION holds; its\n"
            "programs go on from there. The present is kept before, so it can be undone.\n"
            "Takes room for what has changed since.\n",
        .options = no_options,
        .argument_min = 2,
        .argument_max = 2,
        .run = verb_rewind,
    },
    {
        .name = "clone",
        .synopsis = "VOLUME GENERATION NEW-VOLUME",
        .summary = "make a new volume of a generation that is kept",
        .details =
            "Copies all that GENERATION of a stopped VOLUME holds, and verifies it on the way.\n"
            "NEW-VOLUME is as large, has a history of its own, and is there when it is whole.\n"
            "It is made as by 'phantom new': over nothing that is there.\n",
        .options = no_options,
        .argument_min = 3,
        .argument_max = 3,
        .run = verb_clone,
    },
    {
        .name = "send",
        .synopsis = "VOLUME",
        .summary = "write a generation, or what differs from an older one, as a stream",
        .details =
            "For a stopped VOLUME. A whole stream makes a new volume elsewhere; one --from a\n"
            "generation which that volume holds brings it up to date. A program goes on there in\n"
            "the middle of its line:\n"
            "\n"
            "    phantom send life.phantom --output monday\n"
            "    phantom receive copy.phantom monday\n"
            "    phantom send life.phantom --from 17 | ssh elsewhere phantom receive copy.phantom\n"
            "\n"
            "It says which generation it has sent. That is the next --from, and is kept until\n"
            "'phantom history VOLUME drop' lets go of it. A file that is named with --output is "
            "there\n"
            "when it is whole.\n",
        .options = send_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_send,
    },
    {
        .name = "receive",
        .synopsis = "VOLUME [FILE]",
        .summary = "make a new volume of a stream, or bring one up to date",
        .details =
            "Reads what send has written, from FILE or standard input. A whole stream makes\n"
            "VOLUME; an incremental one is for a stopped VOLUME that holds the generation which "
            "it\n"
            "goes on from. Each page is verified as it comes, and only when the last has come is\n"
            "there a new generation, which is kept: a stream that is cut off, damaged or foreign\n"
            "changes nothing. If VOLUME has run meanwhile, rewind takes it back first.\n",
        .options = no_options,
        .argument_min = 1,
        .argument_max = 2,
        .run = verb_receive,
    },
    {
        .name = "check",
        .synopsis = "VOLUME",
        .summary = "verify every block of a volume",
        .details =
            "Reads superblocks, records, page map, free space, every live page and all that "
            "history\n"
            "keeps, and names each damage: the block, the page, the generations that it touches, "
            "and\n"
            "whose objects lie there. Changes nothing, and runs nothing. Ends with 0 when all is\n"
            "well, else with 1.\n"
            "\n"
            "While VOLUME runs its live pages and those that are kept are read, at leisure; the "
            "rest\n"
            "is looked at when it is stopped.\n"
            "\n"
            "With --heap it also looks at each word that a program could reach, in tables, stacks\n"
            "and objects, and names those that lead to no whole object of a sound class.\n"
            "\n"
            "With --repair it says what can be done and what that costs, and does it after a y or\n"
            "with --yes. What is there twice, or can be found out from the rest, is written anew. "
            "If\n"
            "the newest generation is damaged, a new one is made that is as the newest undamaged "
            "one\n"
            "was; what can be read of the damaged one is kept (see history) where there is a "
            "place.\n",
        .options = check_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_check,
    },
    {
        .name = "grow",
        .synopsis = "VOLUME",
        .summary = "let a stopped volume hold more",
        .details =
            "A file becomes longer, and takes room as it is written to. Without --size the "
            "volume\n"
            "becomes as large as its file or block device is, which may have been made larger.\n"
            "All that it holds stays where it is; a cut leaves it as large as before, or as it "
            "shall\n"
            "be. No volume becomes smaller.\n",
        .options = grow_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_grow,
    },
    {
        .name = "migrate",
        .synopsis = "VOLUME",
        .summary = "bring a stopped volume of an older format to this release's",
        .details =
            "A release reads volumes of its own version of the format, and says so of others.\n"
            "This brings one of an older version here, with all that it holds; its programs go on\n"
            "where they were. It takes a moment, and up to 8 MiB of the disk below, however large\n"
            "VOLUME is. Cut off in the middle it has lost nothing, and is simply done again.\n"
            "There is no way back to the older version: where that may be wanted, keep a copy.\n"
            "\n"
            "From then on a history is kept as in a new volume. A volume that is damaged is\n"
            "refused and left as it is; with --damaged it goes on from what is whole, as run\n"
            "would.\n",
        .options = migrate_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_migrate,
    },
    {
        .name = "compile",
        .synopsis = "PROGRAM.ph",
        .summary = "compile a program into a module file",
        .details = "The module can be given to run and exec in the place of the source.\n",
        .options = compile_options,
        .argument_min = 1,
        .argument_max = 1,
        .run = verb_compile,
    },
    {
        .name = "fmt",
        .synopsis = "[FILE ...]",
        .summary = "lay out sources in the usual style",
        .details =
            "Gives each FILE the white space of the style in which the class library is written:\n"
            "indentation, spaces, empty lines. Line breaks stay where they are, but for braces;\n"
            "comments stay where they belong. Without FILE, standard input goes laid out to\n"
            "standard output. What is not a program stays as it is, and the compiler says why.\n"
            "\n"
            "With --check the status is 1 if a file would change.\n",
        .options = fmt_options,
        .argument_min = 0,
        .argument_max = ~0u,
        .run = verb_fmt,
    },
    {
        .name = "lint",
        .synopsis = "FILE ...",
        .summary = "look for mistakes in sources",
        .details =
            "Prints what the compiler says of each FILE, and besides what is a program and surely "
            "a\n"
            "mistake: imports and private members that nobody uses, a name that hides another, a\n"
            "value compared with itself or assigned to itself, an exception caught and forgotten, "
            "a\n"
            "label that is reached from above (say so in a comment, if it is meant). The status "
            "is\n"
            "0 if there is nothing to say, else 1.\n"
            "\n"
            "What lies at its place in a folder classes/ is looked at as a part of the class "
            "library.\n",
        .options = no_options,
        .argument_min = 1,
        .argument_max = ~0u,
        .run = verb_lint,
    },
    { .name = NULL },
};

const struct verb *
verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}
