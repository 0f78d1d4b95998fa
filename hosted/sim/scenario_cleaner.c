/*
 * scenario_cleaner.c - the whole system, with a program of several threads that has little but weak
 * references, and actions for what is gone.
 *
 * Each thread has a few things, keeps some of them for a while, takes them again by weak
 * references, and shares others. Two weak references to a thing never differ; an action is called
 * once, when the thing is gone, and not before; when all is let go of each is called, soon. It
 * checks that itself, across whatever cuts and kills come in between.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/scenario.h"

static const char cleaner_text[] =
    "class thing { int place; thing next; teller owner; };\n"
    "class teller {\n"
    "    .internal.mutex lock;\n"
    "    thing[] shared;\n"
    "    .phantom.cleaner cleaner;\n"
    "    thing[] kept;\n"
    "    .internal.weak[] first;\n"
    "    .internal.weak[] second;\n"
    "    int[] watched;\n"
    "    int seed;\n"
    "    void teller(.internal.mutex l, thing[] s, int start) {\n"
    "        lock = l;\n"
    "        shared = s;\n"
    "        seed = start;\n"
    "        cleaner = new .phantom.cleaner();\n"
    "        kept = new thing[]();\n"
    "        first = new .internal.weak[]();\n"
    "        second = new .internal.weak[]();\n"
    "        watched = new int[]();\n"
    "        for (int i = 0; i < 8; i++) kept.add(null);\n"
    "        for (int i = 0; i < 24; i++) {\n"
    "            first.add(null);\n"
    "            second.add(null);\n"
    "            watched.add(0);\n"
    "        }\n"
    "    }\n"
    "    int next(int limit) {\n"
    "        seed = seed * 1103515245 + 12345;\n"
    "        return ((seed >>> 8) & 0x7fffff) % limit;\n"
    "    }\n"
    "    void gone(int place) {\n"
    "        if (watched[place] != 1) throw \"an action was called twice\";\n"
    "        watched[place] = 0;\n"
    "        if (first[place].get() != null || second[place].get() != null) throw \"it is not "
    "gone\";\n"
    "    }\n"
    "    void make(int place) {\n"
    "        thing made = new thing();\n"
    "        made.place = place;\n"
    "        made.next = new thing();\n"
    "        made.next.place = 1000 + place;\n"
    "        made.owner = this;\n"
    "        first[place] = new .internal.weak(made);\n"
    "        second[place] = new .internal.weak(made);\n"
    "        watched[place] = 1;\n"
    "        cleaner.watch(made, fun () { gone(place); });\n"
    "        kept[next(kept.size())] = made;\n"
    "        if (next(3) == 0) put(made);\n"
    "    }\n"
    "    void put(thing t) {\n"
    "        lock.lock();\n"
    "        shared[next(shared.size())] = t;\n"
    "        lock.unlock();\n"
    "    }\n"
    "    void sound(thing t) {\n"
    "        if (t != null && t.next.place != 1000 + t.place) throw \"a thing is none any more\";\n"
    "    }\n"
    "    void look(int place) {\n"
    "        if (first[place] == null) return;\n"
    "        thing one = first[place].get();\n"
    "        thing other = second[place].get();\n"
    "        if (one :!= other) throw \"two weak references to one thing differ\";\n"
    "        sound(one);\n"
    "        if (one != null && one.place != place) throw \"a weak reference to another\";\n"
    "        if (one != null && watched[place] != 1) throw \"its action was called\";\n"
    "        if (one != null && next(3) == 0) kept[next(kept.size())] = one;\n"
    "    }\n"
    "    void let() {\n"
    "        for (int i = 0; i < kept.size(); i++) kept[i] = null;\n"
    "        lock.lock();\n"
    "        for (int i = 0; i < shared.size(); i++)\n"
    "            if (shared[i] != null && shared[i].owner == this) shared[i] = null;\n"
    "        lock.unlock();\n"
    "    }\n"
    "    int left() {\n"
    "        int sum = 0;\n"
    "        for (int i = 0; i < watched.size(); i++) sum = sum + watched[i];\n"
    "        return sum;\n"
    "    }\n"
    "    void all() {\n"
    "        let();\n"
    "        for (int i = 0; left() > 0; i++) {\n"
    "            if (i == 40) throw \"an action is never called\";\n"
    "            gc();\n"
    "            cleaner.run();\n"
    "        }\n"
    "        if (cleaner.size() != 0) throw \"more is watched than there is\";\n"
    "    }\n"
    "    void turn() {\n"
    "        int place = next(watched.size());\n"
    "        if (watched[place] == 0) make(place);\n"
    "        look(next(watched.size()));\n"
    "        kept[next(kept.size())] = null;\n"
    "        sound(shared[next(shared.size())]);\n"
    "        if (next(6) == 0) cleaner.run();\n"
    "    }\n"
    "    void run() {\n"
    "        for (int i = 1; true; i++) {\n"
    "            turn();\n"
    "            if (i % 100 == 0) sleep(1 + next(4));\n"
    "            if (i % 40 == 0) all();\n"
    "        }\n"
    "    }\n"
    "};\n"
    "var lock = new .internal.mutex();\n"
    "thing[] shared = new thing[]();\n"
    "for (int i = 0; i < 4; i++) shared.add(null);\n"
    "for (int i = 0; i < 3; i++) spawn(new teller(lock, shared, i * 77 + 5));\n"
    "for (int i = 1; true; i++) { sleep(3); if (i % 8 == 0) gc(); }\n";

static bool
live(const struct sim_life *life)
{
    return sim_program_live(life, "cleaner.ph", cleaner_text);
}

const struct sim_scenario sim_scenario_cleaner = {
    .name = "cleaner",
    .about = "the whole system runs a program of weak references and actions",
    .block_count = 8192,
    .block_count_min = 3072,
    .resident_bytes = SIM_PROGRAM_RESIDENT_BYTES,
    .faults = SIM_PROGRAM_FAULTS,
    .prepare = sim_program_prepare,
    .live = live,
};
