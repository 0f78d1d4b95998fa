/*
 * answer_test.c - a machine that runs answers what it is asked, whatever that is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/answer.h"

#include "control/carry.h"
#include "control/census.h"
#include "store/history.h"
#include "store/scrub.h"
#include "unit/vm/machine.h"

#define SLEEPERS                                                                                   \
    "class sleeper { void run() { sleep(86400000L); } };\n"                                        \
    "for (int i = 0; i < 99; i++) spawn(new sleeper());\n"                                         \
    "sleep(86400000L);\n"

/* ---- figures of the store, which the fake one does not have ---- */

void
store_stats_get(struct store *store, struct store_stats *stats)
{
    ck_assert_ptr_eq(store, &fake_store);
    *stats = (struct store_stats){ .generation = 4711, .pages_written = 12, .blocks_written = 3 };
}

err_t
store_log_read(struct store *store, struct store_note *notes, size_t note_max, size_t *note_count)
{
    ck_assert_ptr_eq(store, &fake_store);
    ck_assert_uint_ge(note_max, 2);
    notes[0] = (struct store_note){ 9, 1000000001, 2000000002, 5, STORE_CAUSE_STOP };
    notes[1] = (struct store_note){ 8, 1000000000, 2000000000, 6, STORE_CAUSE_INTERVAL };
    *note_count = 2;
    return OK;
}

/* ---- history, of the fake store ---- */

static struct store_policy policy = { 1, 2, 3 };
static bool pin_asked;
static bool full;         /* what is kept was asked for, and leaves no place */
static uint64_t place_at; /* for another one, from this commit on */
static uint64_t unpinned;

size_t
store_pins_get(struct store *store, struct store_pin *pins, size_t pin_max)
{
    ck_assert_ptr_eq(store, &fake_store);
    ck_assert_uint_ge(pin_max, 3);
    pins[0] = (struct store_pin){ .note = { .generation = 6, .wall_ns = 60, .cause = 3 },
                                  .pages_mapped = 16,
                                  .blocks = 26,
                                  .going = true };
    pins[1] = (struct store_pin){ .note = { .generation = 8, .wall_ns = 80, .cause = 2 },
                                  .pages_mapped = 18,
                                  .blocks = 28,
                                  .held = full };
    pins[2] = (struct store_pin){ .note = { .generation = 4710, .wall_ns = 90, .cause = 8 },
                                  .pages_mapped = 19,
                                  .held = true };
    return pin_asked && fake.begun >= place_at ? 3 : 2;
}

void
store_pin_ask(struct store *store)
{
    ck_assert_ptr_eq(store, &fake_store);
    pin_asked = true;
}

err_t
store_unpin(struct store *store, uint64_t generation)
{
    ck_assert_ptr_eq(store, &fake_store);
    unpinned = generation;
    return generation == 8 ? OK : ERR_NOT_FOUND;
}

/* Commits of the store alone. */
static unsigned store_commits;

err_t
store_history_commit(struct store *store, enum store_cause cause, struct store_note *note)
{
    ck_assert_ptr_eq(store, &fake_store);
    ck_assert_int_eq(cause, STORE_CAUSE_PIN);
    ck_assert_uint_gt(note->wall_ns, 0);
    store_commits++;
    if (fake.history_left > 0 && !fake.history_stays)
        fake.history_left--;
    return OK;
}

struct store_policy
store_policy_get(struct store *store)
{
    ck_assert_ptr_eq(store, &fake_store);
    return policy;
}

err_t
store_policy_set(struct store *store, const struct store_policy *wanted)
{
    ck_assert_ptr_eq(store, &fake_store);
    policy = *wanted;
    return OK;
}

/* ---- a look at what is live ---- */

static uint64_t scrubbed_from; /* the page at which the last look began */

err_t
store_scrub(struct store *store, struct store_view *view, uint64_t from, unsigned page_max,
            store_finding_fn *finding, void *context, uint64_t *next, uint64_t *page_count)
{
    const struct store_finding damage = { .damage = true,
                                          .page = 5,
                                          .page_count = 1,
                                          .last = view != NULL ? 8 : 0,
                                          .what = "page 0x5: damaged" };

    ck_assert_ptr_eq(store, &fake_store);
    ck_assert_uint_gt(page_max, 0);
    finding(context, &damage);
    scrubbed_from = from;
    *next = from < 100 ? 100 : UINT64_MAX;
    *page_count = 7;
    return OK;
}

err_t
store_view_open(struct store *store, uint64_t generation, struct store_view **view)
{
    if (generation != 8)
        return ERR_NOT_FOUND;
    *view = (struct store_view *)store; /* any */
    return OK;
}

void
store_view_close(struct store_view *view)
{
    (void)view;
}

err_t
store_view_read(struct store_view *view, uint64_t page, void *buffer)
{
    return store_page_read((struct store *)view, page, buffer);
}

/* ---- asking ---- */

static struct buffer answer;

static enum answer_status
ask(const char *request)
{
    enum answer_status status;

    buffer_clear(&answer);
    status = answer_request(&fake_store, true, request, &answer);
    ck_assert_int_eq(buffer_terminate(&answer), OK);
    return status;
}

static bool
answer_has(const char *text)
{
    return strstr((const char *)answer.bytes, text) != NULL;
}

static unsigned
answer_lines(void)
{
    unsigned lines = 0;

    for (size_t i = 0; i < answer.count; i++)
        lines += answer.bytes[i] == '\n';
    return lines;
}

START_TEST(ps_shows_each_thread_however_many)
{
    machine_install(SLEEPERS);
    machine_await_threads(100, THREAD_SLEEPING);
    ck_assert_int_eq(ask("ps"), ANSWER_DONE);
    ck_assert_uint_eq(answer_lines(), 101);
    ck_assert(answer_has("sleeper.run (test.ph:1)"));
    ck_assert(answer_has("wakes in 23 h"));
    ck_assert(answer_has("\"main\""));
}
END_TEST

START_TEST(ps_says_who_waits_for_whom_and_lists_who_does_so_for_ever)
{
    char line[64];
    struct vm_thread_info rows[8];
    size_t count;

    ck_assert_int_eq(ask("ps"), ANSWER_DONE);
    ck_assert(!answer_has("deadlock"));
    machine_install("class fork { } fork l = new fork(); fork r = new fork(); int n = 0;\n"
                    "void eat(fork a, fork b) { synchronized (a) { n++;\n"
                    "  while (n < 2) .internal.thread.yield(); synchronized (b) { } } }\n"
                    "spawn(fun () { eat(l, r); }); spawn(fun () { eat(r, l); });\n"
                    "sleep(86400000L);\n");
    machine_await_threads(2, THREAD_WAITING);
    ck_assert_int_eq(vm_list_threads(rows, 8, &count), OK);
    ck_assert_int_eq(ask("ps"), ANSWER_DONE);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].state != THREAD_WAITING)
            continue;
        snprintf(line, sizeof line, "for .fork %u of %u\n", rows[i].monitor - 1,
                 (unsigned)rows[i].held_by);
        ck_assert_msg(answer_has(line), "no %s in %s", line, (char *)answer.bytes);
        snprintf(line, sizeof line, " %u", (unsigned)rows[i].id);
        ck_assert_ptr_nonnull(strstr(strstr((char *)answer.bytes, "for ever:"), line));
    }
}
END_TEST

START_TEST(stat_has_the_figures_that_programs_read)
{
    static const char *const keys[] = {
        "\"running\":true",
        "\"generation\":4711",
        "\"snapshots\":",
        "\"pages_written\":12",
        "\"bytes_written\":12288",
        "\"live_bytes\":",
        "\"pause_ns\":{\"count\":",
        "\"safepoint_ns\":{\"count\":",
        "\"commit_ns\":{\"count\":",
        "\"stalls_ns\":{\"room\":{\"count\":",
        "\"copy\":{\"count\":",
        "\"page\":{\"count\":",
        "\"total\":",
        "\"p50\":",
        "\"p99\":",
        "\"max\":",
        "\"log\":[{\"number\":1,\"ago_ns\":",
        "\"done\":true,\"stopped\":",
    };

    ck_assert_int_eq(ask("stat"), ANSWER_DONE);
    ck_assert(!answer_has("full no."));
    ck_assert_int_eq(ask("stat --json"), ANSWER_DONE);
    ck_assert(answer_has("\"log\":[]}}\n"));
    ck_assert_int_eq(machine_status("gc(); exit(7);\n"), 7);
    ck_assert_int_eq(ask("stat --json"), ANSWER_DONE);
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_msg(answer_has(keys[i]), "no %s in %s", keys[i], (char *)answer.bytes);
    ck_assert_int_eq(ask("stat"), ANSWER_DONE);
    ck_assert(answer_has("generation 4711, running"));
    ck_assert(answer_has("safepoint"));
    ck_assert(answer_has("\nfor room "));
    ck_assert(answer_has("\nfor copies "));
    ck_assert(answer_has("\nfor pages "));
    ck_assert(answer_has("\nfull no. "));
    ck_assert(answer_has("\n1 "));
    ck_assert(answer_has("  done "));
}
END_TEST

START_TEST(show_has_all_variables_or_those_of_a_pattern)
{
    ck_assert_int_eq(ask("show"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "there is no program in it\n");
    machine_install("var a = 1; string b = \"two\"; sleep(86400000L);\n");
    machine_await_threads(1, THREAD_SLEEPING);
    ck_assert_int_eq(ask("show"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "1 test.ph\n    a = 1\n    b = \"two\"\n");
    ck_assert_int_eq(ask("show b*"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "1 test.ph\n    b = \"two\"\n");
    ck_assert_int_eq(ask("show c"), ANSWER_TROUBLE);
    ck_assert(answer_has("no such variable"));
}
END_TEST

START_TEST(log_gives_numbers_that_any_asker_can_put_into_his_own_time)
{
    ck_assert_int_eq(ask("log"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "9 1000000001 5 2000000002 - clean stop\n"
                                           "8 1000000000 6 2000000000 kept interval\n");
}
END_TEST

START_TEST(history_is_listed_and_what_is_asked_of_it_is_committed)
{
    const uint64_t asked = fake.asked;

    ck_assert_int_eq(ask("history list"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "1 2 3\n8 80 18 28 rule interval\n"
                                           "6 60 16 26 going demand\n");
    ck_assert_uint_eq(fake.asked, asked);
    ck_assert_int_eq(ask("history pin"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "generation 4710 is kept\n");
    ck_assert_uint_gt(fake.asked, asked);
    ck_assert_int_eq(ask("history drop 8"), ANSWER_DONE);
    ck_assert_uint_eq(unpinned, 8);
    ck_assert_int_eq(ask("history drop 9"), ANSWER_TROUBLE);
    ck_assert(answer_has("not kept"));
    ck_assert_int_eq(ask("history keep 0 24 7"), ANSWER_DONE);
    ck_assert_uint_eq(policy.last, 0);
    ck_assert_uint_eq(policy.hourly, 24);
    ck_assert_uint_eq(policy.daily, 7);
}
END_TEST

START_TEST(what_is_kept_is_the_present_or_there_is_a_message)
{
    full = true;
    place_at = fake.begun + 4; /* as when a long list is worked off before */
    ck_assert_int_eq(ask("history pin"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "generation 4710 is kept\n");
    place_at = UINT64_MAX;
    ck_assert_int_eq(ask("history pin"), ANSWER_TROUBLE);
    ck_assert(answer_has("no place"));
    ck_assert(answer_has("drop"));
}
END_TEST

START_TEST(where_nothing_runs_history_is_changed_by_the_store_alone)
{
    static const char *const requests[] = { "history pin", "history drop 8", "history keep 1 2 3" };
    const uint64_t asked = fake.asked;

    machine_commit(); /* nothing is left to be written */
    for (unsigned i = 0; i < 3; i++) {
        buffer_clear(&answer);
        ck_assert_int_eq(answer_request(&fake_store, false, requests[i], &answer), ANSWER_DONE);
        ck_assert_uint_eq(store_commits, i + 1);
    }
    ck_assert_uint_le(fake.asked, asked + 1);
}
END_TEST

START_TEST(where_nothing_runs_all_of_what_goes_is_let_go_of)
{
    static const char *const requests[] = { "history drop 8", "history keep 0 0 0" };

    for (unsigned i = 0; i < 2; i++) {
        const uint64_t begun = fake.begun;

        buffer_clear(&answer);
        store_commits = 0;
        fake.history_left = 9;
        ck_assert_int_eq(answer_request(&fake_store, false, requests[i], &answer), ANSWER_DONE);
        ck_assert_uint_eq(fake.history_left, 0);
        ck_assert_uint_le(store_commits, 9);
        /* Here the machine commits, too, after all; and was perhaps at it before. */
        ck_assert_uint_ge(store_commits + (fake.begun - begun) + 1, 9);
        /* What no commit brings is not waited for. */
        buffer_clear(&answer);
        store_commits = 0;
        fake.history_left = 9;
        fake.history_stays = true;
        ck_assert_int_eq(answer_request(&fake_store, false, requests[i], &answer), ANSWER_DONE);
        ck_assert_uint_eq(store_commits, 2);
        fake.history_stays = false;
    }
}
END_TEST

START_TEST(history_takes_no_nonsense)
{
    static const char *const requests[] = {
        "history",          "history list 1",
        "history drop",     "history drop x",
        "history drop 8 9", "history keep",
        "history keep 1 2", "history keep 1 2 3 4",
        "history keep a b", "history keep 1 2 99999999999999999999999",
        "historylist",
    };

    for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ck_assert_int_eq(ask(requests[i]), ANSWER_TROUBLE);
        ck_assert_uint_gt(answer.count, 0);
    }
    ck_assert_uint_eq(policy.last, 1);
    ck_assert_uint_eq(unpinned, 0);
    ck_assert(!pin_asked);
}
END_TEST

START_TEST(a_look_at_what_is_live_goes_on_where_it_is_told_to)
{
    ck_assert_int_eq(ask("scrub 0 0"), ANSWER_DONE);
    ck_assert_uint_eq(scrubbed_from, 0);
    ck_assert_str_eq((char *)answer.bytes, "0 100 7\npage 0x5: damaged; it holds nothing\n");
    ck_assert_int_eq(ask("scrub 0 100"), ANSWER_DONE);
    ck_assert(answer_has("8 0 7\n")); /* the first pin that can be read */
    ck_assert_int_eq(ask("scrub 8 0"), ANSWER_DONE);
    ck_assert(answer_has("8 100 7\npage 0x5: damaged; in generation 8; it holds nothing\n"));
    ck_assert_int_eq(ask("scrub 8 100"), ANSWER_DONE);
    ck_assert(answer_has("end 0 7\n"));
    /* One that was let go of meanwhile: there is one after it, or there is none. */
    ck_assert_int_eq(ask("scrub 7 100"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "8 0 0\n");
    ck_assert_int_eq(ask("scrub 9 100"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "end 0 0\n");
}
END_TEST

START_TEST(a_program_is_listed_stopped_and_removed)
{
    machine_install(SLEEPERS);
    machine_await_threads(100, THREAD_SLEEPING);
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert(answer_has("      1  running      100"));
    ck_assert_int_eq(ask("app stop 1"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "program 1: stopped\n");
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert(answer_has("      1  stopped        0"));
    ck_assert_int_eq(ask("app remove 1"), ANSWER_DONE);
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert_uint_eq(answer_lines(), 1);
}
END_TEST

START_TEST(who_stops_a_program_while_the_machine_stops_is_told_so)
{
    uint32_t id = machine_install("sleep(86400000L);\n");

    vm_call_off();
    ck_assert_int_eq(ask("app stop 1"), ANSWER_TROUBLE);
    ck_assert(answer_has("the machine stops; the program ends when it is started again"));
    ck_assert_int_eq(machine_finish(id).state, APPLICATION_STOPPED);
}
END_TEST

/* The other end of what is carried. */
struct other {
    const char *bytes; /* that come from there */
    uint64_t announced;
    char taken[64];
    size_t count, limit; /* it goes after so many */
};

static bool
other_ready(void *context, uint64_t bytes)
{
    ((struct other *)context)->announced = bytes;
    return true;
}

static bool
other_read(void *context, void *bytes, size_t count)
{
    struct other *other = context;

    if (other->count + count > other->limit)
        return false;
    memcpy(bytes, other->bytes + other->count, count);
    other->count += count;
    return true;
}

static bool
other_write(void *context, const void *bytes, size_t count)
{
    struct other *other = context;

    ck_assert_uint_lt(other->count + count, sizeof other->taken);
    memcpy(other->taken + other->count, bytes, count);
    other->count += count;
    return true;
}

static enum answer_status
carry_with(const char *request, struct other *other)
{
    const struct carry_end end = { other_ready, other_read, other_write, other };
    enum answer_status status;

    buffer_clear(&answer);
    status = carry(request, &end, &answer);
    ck_assert_int_eq(buffer_terminate(&answer), OK);
    return status;
}

START_TEST(what_is_carried_in_is_listed_carried_out_and_taken_away)
{
    struct other in = { .bytes = "content", .limit = 7 }, out = { 0 };
    uint32_t epoch = pmem_epoch_committed();

    ck_assert_int_eq(carry_with("put t 7 4 namea/b/", &in), ANSWER_DONE);
    ck_assert_uint_eq(in.announced, 7);
    ck_assert_uint_gt(pmem_epoch_committed(), epoch); /* it is safe */
    ck_assert_int_eq(ask("ls - "), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "a/\n");
    ck_assert_int_eq(ask("ls l a/b"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "CLASS             SIZE  NAME\n"
                                           ".internal.string     7  name\n");
    ck_assert_int_eq(carry_with("get a/b/name", &out), ANSWER_DONE);
    ck_assert_uint_eq(out.announced, 7);
    ck_assert_str_eq(out.taken, "content");
    ck_assert_int_eq(ask("rm - a"), ANSWER_TROUBLE);
    ck_assert(answer_has("a is not empty"));
    ck_assert_int_eq(ask("rm r a"), ANSWER_DONE);
    ck_assert_int_eq(ask("ls - "), ANSWER_DONE);
    ck_assert_uint_eq(answer.count, 0);
}
END_TEST

START_TEST(what_is_cut_off_was_not_put)
{
    struct other in = { .bytes = "content", .limit = 5 };

    ck_assert_int_eq(carry_with("put - 7 4 namea", &in), ANSWER_GONE);
    ck_assert_int_eq(ask("ls - "), ANSWER_DONE);
    ck_assert_uint_eq(answer.count, 0);
}
END_TEST

START_TEST(what_cannot_be_carried_is_a_message)
{
    static const char *const requests[] = {
        "put",           "put -",        "put - x 0 a", "put x 7 0 a",
        "put - 7 300 a", "put - 7 0 ..", "put - 7 1 ",  "put - 99999999999 0 a",
        "get",           "get a/b",      "get \xff",
    };

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct other in = { .bytes = "content", .limit = 7 };

        ck_assert_msg(carry_with(requests[i], &in) == ANSWER_TROUBLE, "%s", requests[i]);
        ck_assert_uint_gt(answer.count, 0);
    }
    ck_assert_int_eq(ask("put - 7 0 a"), ANSWER_TROUBLE);
    ck_assert(answer_has("bare metal"));
    ck_assert_int_eq(ask("attach p"), ANSWER_TROUBLE);
    ck_assert(answer_has("one prompt"));
    ck_assert_int_eq(ask("ls"), ANSWER_TROUBLE);
    ck_assert_int_eq(ask("ls x a"), ANSWER_TROUBLE);
    ck_assert_int_eq(ask("rm"), ANSWER_TROUBLE);
}
END_TEST

START_TEST(what_makes_no_sense_is_a_message_and_changes_nothing)
{
    static const char *const requests[] = {
        "",
        " ",
        "p",
        "psx",
        "ps ",
        "ps 1",
        "stat  ",
        "stat --xml",
        "app",
        "app ",
        "app lis",
        "app list 1",
        "app stop",
        "app stop ",
        "app stop x",
        "app stop 1x",
        "app stop -1",
        "app stop 0",
        "app stop 4294967297",
        "app remove 18446744073709551617",
        "app remove 2",
        "app  stop 1",
        "APP STOP 1",
        "scrub",
        "scrub 0",
        "scrub 0 x",
        "scrub 0 0 0",
        "scrub 0 99999999999999",
        "\xff\xfe\x01",
    };

    machine_install(SLEEPERS);
    for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ck_assert_msg(ask(requests[i]) == ANSWER_TROUBLE, "'%s'", requests[i]);
        ck_assert_uint_gt(answer.count, 0);
    }
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert(answer_has("running"));
}
END_TEST

START_TEST(a_program_is_limited_and_the_listing_says_so)
{
    machine_install(SLEEPERS);
    ck_assert_int_eq(ask("app limit 1 67108864 50"), ANSWER_DONE);
    ck_assert_str_eq((char *)answer.bytes, "program 1: limited\n");
    ck_assert_int_eq(ask("app limit 1 - 25"), ANSWER_DONE);
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert(answer_has("(at most 64.0 MiB)"));
    ck_assert(answer_has("(at most 25 % of a processor)"));
    ck_assert_int_eq(ask("app limit 1 0 0"), ANSWER_DONE);
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert(!answer_has("at most"));
    ck_assert_int_eq(ask("app limit 7 0 10"), ANSWER_TROUBLE);
    ck_assert(answer_has("no such program"));
}
END_TEST

START_TEST(a_limit_that_makes_no_sense_is_none)
{
    static const char *const requests[] = {
        "app limit",
        "app limit 1",
        "app limit 1 -",
        "app limit - - -",
        "app limit x 1 1",
        "app limit 1 4096 50",
        "app limit 1 - -1",
        "app limit 1 0 0 0",
        "app limit 1 - 100001",
        "app limit 1 99999999999999999999999999 1",
        "app limit 4294967296 0 0",
    };

    machine_install(SLEEPERS);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ck_assert_int_eq(ask(requests[i]), ANSWER_TROUBLE);
        ck_assert_msg(answer_has("does not understand"), "%s: %s", requests[i],
                      (char *)answer.bytes);
    }
    ck_assert_int_eq(ask("app list"), ANSWER_DONE);
    ck_assert(!answer_has("at most"));
}
END_TEST

START_TEST(a_census_counts_what_runs_and_knows_how_one_ended)
{
    uint32_t id = machine_install("exit(42);\n");
    struct census census;

    machine_finish(id);
    machine_install(SLEEPERS);
    machine_await_threads(100, THREAD_SLEEPING);
    ck_assert_int_eq(census_take(&census, id), OK);
    ck_assert_uint_eq(census.programs, 1);
    ck_assert_uint_eq(census.threads, 100);
    ck_assert_int_eq(census.status, 42);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        ps_shows_each_thread_however_many,
        ps_says_who_waits_for_whom_and_lists_who_does_so_for_ever,
        stat_has_the_figures_that_programs_read,
        show_has_all_variables_or_those_of_a_pattern,
        log_gives_numbers_that_any_asker_can_put_into_his_own_time,
        history_is_listed_and_what_is_asked_of_it_is_committed,
        what_is_kept_is_the_present_or_there_is_a_message,
        where_nothing_runs_history_is_changed_by_the_store_alone,
        where_nothing_runs_all_of_what_goes_is_let_go_of,
        history_takes_no_nonsense,
        a_look_at_what_is_live_goes_on_where_it_is_told_to,
        a_program_is_listed_stopped_and_removed,
        a_program_is_limited_and_the_listing_says_so,
        a_limit_that_makes_no_sense_is_none,
        who_stops_a_program_while_the_machine_stops_is_told_so,
        what_is_carried_in_is_listed_carried_out_and_taken_away,
        what_is_cut_off_was_not_put,
        what_cannot_be_carried_is_a_message,
        what_makes_no_sense_is_a_message_and_changes_nothing,
        a_census_counts_what_runs_and_knows_how_one_ended,
    };

    return machine_tests("control/answer", tests, sizeof tests / sizeof tests[0]);
}
