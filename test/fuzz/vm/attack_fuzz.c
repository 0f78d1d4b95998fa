/*
 * attack_fuzz.c - the attack suite, on and on: attacks in any order, as they are and changed, in
 * one machine, with collections, snapshots and kills between them, beside a program that must not
 * notice.
 *
 * An input is a row of choices. Each step takes an attack of test/unit/vm/attacks.h or attempts.h,
 * or the same without the attack; adds, takes away or repeats instructions, some of them of other
 * attacks; changes some of the bytes that come out; and has it installed. An attack that was not
 * changed is refused, or gets its error; what is left of it without the attack is not. What is
 * accepted runs for a while. The guard is a program of ordinary classes that looks at its objects
 * all the time. The heap is walked after each collection, and at the end of each input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define PROGRAM_STARTS_ITSELF
#include "format/module.h"
#include "fuzz/program.h"
#include "heap/heap.h"
#include "unit/vm/attacks.h"
#include "unit/vm/attempts.h"

#define STEPS_MAX         8u
#define MACHINE_STEPS_MAX 2u
#define TEXT_BYTES        16384u
#define LINES_MAX         512u
#define POOL_MAX          4096u
#define CHANGES_MAX       4u
#define RUN_TRIES         20u /* times half a millisecond */
#define NAME_BYTES        128u

static const char guard_text[] =
    "class gem { int worth; gem next; string word; };\n"
    "gem ring(int count) {\n"
    "    gem first = new gem();\n"
    "    gem last = first;\n"
    "    for (int i = 1; i < count; i++) {\n"
    "        gem g = new gem();\n"
    "        g.worth = i;\n"
    "        g.word = \"gem\" + i;\n"
    "        g.next = last;\n"
    "        last = g;\n"
    "    }\n"
    "    first.next = last;\n"
    "    first.word = \"gem0\";\n"
    "    return first;\n"
    "}\n"
    "void look(gem g, int count) {\n"
    "    for (int i = count - 1; i >= 0; i--) {\n"
    "        g = g.next;\n"
    "        if (g.worth != i || g.word != \"gem\" + i) throw \"a gem was changed\";\n"
    "    }\n"
    "}\n"
    "gem old = ring(100);\n"
    "while (true) {\n"
    "    gem young = ring(20);\n"
    "    look(old, 100);\n"
    "    look(young, 20);\n"
    "    sleep(1);\n"
    "}\n";

static struct {
    const uint8_t *at, *end; /* choices */
    struct fake_map base;    /* what the store holds with the guard and nothing else */
    uint32_t guard;
    const char *pool[POOL_MAX]; /* instructions of all attacks, as lines */
    unsigned pool_bytes[POOL_MAX];
    unsigned pool_count;
    unsigned row_count;
} fuzz;

static unsigned long step_count, refused_count, accepted_count;

static unsigned
choose(unsigned count)
{
    unsigned number = 0;

    if (fuzz.at < fuzz.end)
        number = *fuzz.at++;
    if (count > 256 && fuzz.at < fuzz.end)
        number = number << 8 | *fuzz.at++;
    return number % count;
}

/* ---- lines ---- */

static bool
begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* An instruction that can stand, or be missing, anywhere: it names no place of the code. */
static bool
is_plain(const char *line, unsigned bytes)
{
    static const char *const others[] = { "class",       "method",       "field", "end", "entry",
                                          "TABLESWITCH", "LOOKUPSWITCH", "GOTO",  "IF",  "." };

    while (bytes > 0 && *line == ' ') {
        line++;
        bytes--;
    }
    if (bytes == 0 || memchr(line, ':', bytes) != NULL)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (begins(line, others[i]))
            return false;
    }
    return true;
}

static void
pool_add(const char *text)
{
    while (*text != 0) {
        unsigned bytes = (unsigned)strcspn(text, "\n");

        if (is_plain(text, bytes) && fuzz.pool_count < POOL_MAX) {
            fuzz.pool[fuzz.pool_count] = text;
            fuzz.pool_bytes[fuzz.pool_count++] = bytes;
        }
        text += bytes + (text[bytes] == '\n');
    }
}

/* The beginning of a plain line of `text`, by choice; NULL if there is none. */
static char *
line_pick(char *text, unsigned *bytes)
{
    char *lines[LINES_MAX];
    unsigned count = 0;

    for (char *line = text; *line != 0; line += strcspn(line, "\n") + 1) {
        if (count < LINES_MAX && is_plain(line, (unsigned)strcspn(line, "\n")))
            lines[count++] = line;
    }
    if (count == 0)
        return NULL;
    text = lines[choose(count)];
    *bytes = (unsigned)strcspn(text, "\n") + 1;
    return text;
}

/* Put a line before `at`; `room` is what there is from `at` on. */
static void
line_put(char *at, const char *line, unsigned bytes, size_t room)
{
    size_t rest = strlen(at) + 1;

    if (rest + bytes + 1 > room)
        return;
    memmove(at + bytes + 1, at, rest);
    memcpy(at, line, bytes);
    at[bytes] = '\n';
}

static void
text_change(char *text)
{
    unsigned bytes, other;
    char copy[NAME_BYTES];
    char *line = line_pick(text, &bytes);

    if (line == NULL)
        return;
    switch (choose(4)) {
    case 0: /* one line less */
        memmove(line, line + bytes, strlen(line + bytes) + 1);
        return;
    case 1: /* twice */
        if (bytes > sizeof copy)
            return;
        memcpy(copy, line, bytes);
        line_put(line, copy, bytes - 1, TEXT_BYTES - (size_t)(line - text));
        return;
    case 2: /* another in its place */
        memmove(line, line + bytes, strlen(line + bytes) + 1);
        break;
    default: /* one line more */
        break;
    }
    other = choose(fuzz.pool_count);
    line_put(line, fuzz.pool[other], fuzz.pool_bytes[other], TEXT_BYTES - (size_t)(line - text));
}

/* ---- programs that call what was attacked ---- */

/* The same for an array: one of ints, longs or words; null, which is any array, of others. */
static const char *
array_of(const char **type)
{
    const char *at = *type, *element = at + strspn(at, "["), *end = element;
    bool is_flat = element == at + 1;

    if (*element == 'L')
        end = strchr(element, ';');
    if (end == NULL || *element == 0 || strchr("zbscilfdwL", *element) == NULL)
        return NULL;
    *type = end + 1;
    if (is_flat && *element == 'i')
        return "ICONST8 4\nNEWARRAY [i\n";
    if (is_flat && *element == 'l')
        return "ICONST8 4\nNEWARRAY [l\n";
    return is_flat && *element == 'w' ? "ICONST8 4\nNEWARRAY [w\n" : "WNULL\n";
}

/* What leaves an argument of the type on the stack; `type` goes on behind it. NULL: it is no type.
 */
static const char *
argument_of(const char **type)
{
    const char *at = *type, *end;

    if (*at == '[')
        return array_of(type);
    *type = at + 1;
    switch (*at) {
    case 'L':
        end = strchr(at, ';');
        if (end == NULL)
            return NULL;
        *type = end + 1;
        return begins(at, "L.vault;")             ? "NEW .vault\n"
               : begins(at, "L.cellar;")          ? "NEW .cellar\n"
               : begins(at, "L.internal.string;") ? "WCONST \"gold\"\n"
                                                  : "WNULL\n";
    case 'w':
        return "NEW .vault\n";
    case 'l':
        return "LCONST 0x200400000008\n";
    case 'f':
        return "FCONST 2.5\n";
    case 'd':
        return "DCONST 1.5\n";
    default:
        return strchr("zbsci", *at) != NULL ? "ICONST8 3\n" : NULL;
    }
}

/* Add the arguments of a signature, the call and what takes the result away; false: it is no such.
 */
static bool
call_add(char *text, const char *signature, const char *class, bool is_static)
{
    char now[NAME_BYTES] = "", *end = text + strlen(text);
    const char *at = signature + 1;
    size_t bytes = strcspn(signature, " \n");

    if (!is_static)
        end += sprintf(end, "NEW %s\n", class);
    while (*at != ')') {
        const char *argument = *at == 0 ? NULL : argument_of(&at);

        if (argument == NULL)
            return false;
        end += sprintf(end, "%s", argument);
    }
    if (bytes >= sizeof now)
        return false;
    memcpy(now, signature, bytes);
    end += sprintf(end, "%s %s f %s\n", is_static ? "INVOKESTATIC" : "INVOKEVIRTUAL", class, now);
    if (at[1] != 'v')
        sprintf(end, "%s\n", strchr("w[L", at[1]) != NULL ? "WPOP" : "RPOP");
    return true;
}

/* Does the first line of the text hold this word? */
static bool
line_has(const char *text, const char *word)
{
    return memmem(text, strcspn(text, "\n"), word, strlen(word)) != NULL;
}

/*
 * The victims, the classes of a row, and a program that calls their method f; unless its signature
 * is the attack, or there are no objects of its class, and the program would be refused for that.
 */
static void
attack_text(const struct attack *attack, const char *classes, char *text)
{
    const char *method = strstr(classes, "method f (");
    const char *signature = method == NULL ? NULL : method + strlen("method f ");
    char class[NAME_BYTES] = ".evil";
    size_t before;

    sprintf(text,
            "entry .main\n%s%sclass .main extends .internal.object\n"
            "method <entry> ()v static\na:\nNOP\n",
            victims, classes);
    before = strlen(text);
    if (begins(classes, "class ") && strcspn(classes + 6, " ") < sizeof class)
        snprintf(class, strcspn(classes + 6, " ") + 1, "%s", classes + 6);
    if (signature == NULL || strstr(attack->refusal, "malformed") != NULL ||
        line_has(classes, " abstract") ||
        !call_add(text, signature, class, line_has(signature, " static")))
        text[before] = 0;
    strcat(text, "b:\nICONST8 7\nINVOKESTATIC .internal.system exit (i)v\nRETURN\n"
                 "h:\nWPOP\nICONST8 13\nINVOKESTATIC .internal.system exit (i)v\nRETURN\n"
                 ".catch a b h\nend\n");
}

/* ---- rows ---- */

struct row {
    const struct attack *attack;   /* or */
    const struct attempt *attempt; /* one of these */
    bool honest;                   /* without the attack */
    bool changed;
};

static struct row
row_pick(void)
{
    unsigned number = choose(fuzz.row_count);
    struct row row = { .honest = choose(3) == 0 };

    for (size_t i = 0; i < sizeof attack_tables / sizeof attack_tables[0]; i++) {
        if (number < attack_tables[i].count) {
            row.attack = &attack_tables[i].rows[number];
            return row;
        }
        number -= (unsigned)attack_tables[i].count;
    }
    row.attempt = &attempts[number];
    return row;
}

static const char *
row_name(const struct row *row)
{
    return row->attack != NULL ? row->attack->name : row->attempt->name;
}

static void
row_text(const struct row *row, char *text)
{
    if (row->attack != NULL)
        attack_text(row->attack, row->honest ? row->attack->control : row->attack->module, text);
    else
        attempt_text(row->attempt, row->honest ? row->attempt->honest : row->attempt->attacker,
                     text, TEXT_BYTES);
}

/* What an unchanged one must come to. */
static void
installed_check(const struct row *row, err_t err)
{
    bool refused = row->attack != NULL && !row->honest;

    if (row->changed)
        return;
    ck_assert_msg((err != OK) == refused, "%s%s: %s: %s", row_name(row),
                  row->honest ? " (without the attack)" : "", err == OK ? "accepted" : "refused",
                  machine_said);
    if (refused)
        ck_assert_msg(strstr(machine_said, row->attack->refusal) != NULL,
                      "%s: refused for something else: %s", row_name(row), machine_said);
}

static void
ended_check(const struct row *row, const struct vm_application_info *info)
{
    if (row->changed || row->attempt == NULL || info->state == APPLICATION_RUNNING)
        return;
    ck_assert_msg(info->status == (row->honest ? HONEST : REFUSED), "%s%s: ended with %d",
                  row_name(row), row->honest ? " (without the attack)" : "", info->status);
}

/* ---- the machine ---- */

static void
finding_die(void *context, const struct heap_finding *finding)
{
    (void)context;
    ck_abort_msg("the heap: %s", finding->what);
}

static void
guard_check(void)
{
    struct vm_application_info info = machine_application(fuzz.guard);

    ck_assert_msg(info.state == APPLICATION_RUNNING && info.error[0] == 0, "the guard: %s",
                  info.error);
}

static void
base_copy(struct fake_map *to, const struct fake_map *from)
{
    fake_clear(to);
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        if (from->slots[i].page != 0)
            fake_put(to, from->slots[i].page - 1, from->slots[i].bytes, false);
    }
}

/* As it was at first. */
static void
machine_renew(void)
{
    machine_stop(false);
    base_copy(&fake.committed, &fuzz.base);
    fake.generation = program_generation;
    fake.begun = 0;
    fake.credit = PROGRAM_PAGES_MAX;
    machine_start();
}

static void
collect(void)
{
    struct pmem_worker worker = { 0 };
    struct heap_local local;

    ck_assert_int_eq(pmem_worker_join(&worker), OK);
    heap_local_join(&local, &worker);
    IGNORE(heap_collect_full(&local), "there may be no room for it");
    heap_local_leave(&local);
    pmem_worker_leave(&worker);
}

static void
restart(bool commit)
{
    machine_stop(commit);
    machine_start();
}

static void
accepted_run(const struct row *row, uint32_t application)
{
    struct vm_application_info info = machine_application(application);

    for (unsigned i = 0; i < RUN_TRIES && info.state == APPLICATION_RUNNING; i++) {
        usleep(500);
        info = machine_application(application);
    }
    ended_check(row, &info);
    IGNORE(vm_application_stop(application), "it may have ended");
    IGNORE(vm_application_remove(application), "it may not have stopped yet");
}

static void
bytes_change(struct assembled *module)
{
    for (unsigned i = 1 + choose(CHANGES_MAX); i > 0; i--) {
        size_t at = MODULE_HEADER_BYTES + choose((unsigned)(module->count - MODULE_HEADER_BYTES));

        module->bytes[at] = (uint8_t)(choose(2) == 0 ? choose(256) : module->bytes[at] + choose(5));
    }
    assemble_seal(module);
}

static void
attack(void)
{
    static char text[TEXT_BYTES];
    struct row row = row_pick();
    unsigned how = choose(6); /* mostly in its text */
    struct assembled module;
    uint32_t application = 0;
    err_t err;

    row_text(&row, text);
    for (unsigned i = how == 0 ? 0 : choose(CHANGES_MAX); i > 0; i--) {
        row.changed = true;
        text_change(text);
    }
    module = assemble(text);
    if (how == 1) {
        row.changed = true;
        bytes_change(&module);
    }
    err = program_install(module.bytes, module.count, &application);
    assemble_free(&module);
    installed_check(&row, err);
    ck_assert(err != OK || application != 0);
    refused_count += err != OK;
    accepted_count += err == OK;
    if (err == OK)
        accepted_run(&row, application);
}

/*
 * Few steps of an input are the machine's: what they do depends on the moment, which looks to
 * libFuzzer like something new each time.
 */
static void
step(unsigned *machine_steps)
{
    unsigned kind = choose(16);

    step_count++;
    if (kind < 13 || *machine_steps == MACHINE_STEPS_MAX) {
        attack();
    } else {
        ++*machine_steps;
        if (kind == 13)
            machine_commit();
        else if (kind == 14)
            collect();
        else
            restart(choose(2) == 0);
    }
    guard_check();
}

/* The machine is up, with the guard, before the first input. */
int
LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    program_machine_start(
        (struct heap_options){ .background = true, .prove_cycles = true, .check_always = true });
    fuzz.guard = machine_install(guard_text);
    machine_commit();
    base_copy(&fuzz.base, &fake.committed);
    program_generation = fake.generation;
    for (size_t i = 0; i < sizeof attack_tables / sizeof attack_tables[0]; i++) {
        for (size_t n = 0; n < attack_tables[i].count; n++) {
            pool_add(attack_tables[i].rows[n].module);
            pool_add(attack_tables[i].rows[n].control);
        }
        fuzz.row_count += (unsigned)attack_tables[i].count;
    }
    fuzz.row_count += sizeof attempts / sizeof attempts[0];
    return 0;
}

static void
count_show(void)
{
    fprintf(stderr, "%lu steps, %lu modules refused, %lu accepted\n", step_count, refused_count,
            accepted_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
    unsigned machine_steps = 0;

    if (step_count == 0 && getenv("ATTACK_COUNT") != NULL)
        atexit(count_show);
    fuzz.at = bytes;
    fuzz.end = bytes + byte_count;
    for (unsigned steps = 0; steps < STEPS_MAX && fuzz.at < fuzz.end; steps++)
        step(&machine_steps);
    ck_assert_int_eq(heap_examine(finding_die, NULL), OK);
    machine_renew();
    return 0;
}
