/*
 * verify_test.c - what the verifier lets pass, and what it never does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/load_space.h"

static ref_t app;
static unsigned serial; /* so that each module has classes of its own */

/* Classes that the methods under test play with. */
static const char friends[] =
    "class .animal extends .internal.object abstract\n"
    "field legs i\n"
    "field name L.internal.string; private\n"
    "field tag i final\n"
    "field count i static\n"
    "field friends [L.animal;\n"
    "method <new> ()v locals 1 0 stack 1 1\n"
    "  WLOAD 0\n  INVOKESPECIAL .internal.object <new> ()v\n"
    "  WLOAD 0\n  ICONST8 1\n  PUTFIELD .animal tag i\n"
    "  RETURN\nend\n"
    "method sound (i)L.internal.string; abstract\n"
    "method secret ()v private locals 1 0 stack 0 0\n  RETURN\nend\n"
    "method all ()i static locals 0 0 stack 0 1\n  GETSTATIC .animal count i\n  RRETURN\nend\n"
    "class .dog extends .animal\n"
    "method <new> ()v locals 1 0 stack 1 0\n"
    "  WLOAD 0\n  INVOKESPECIAL .animal <new> ()v\n  RETURN\nend\n"
    "method sound (i)L.internal.string; locals 1 1 stack 1 0\n  WCONST \"wuff\"\n  WRETURN\nend\n"
    "class .cat extends .animal\n"
    "method sound (i)L.internal.string; locals 1 1 stack 1 0\n  WCONST \"miau\"\n  WRETURN\nend\n"
    "class .talker extends .internal.object interface\n"
    "method talk (i)i abstract public\n";

static void
setup(void)
{
    load_space_start();
    app = load_application(1);
    serial = 0;
    ck_assert_loads(friends, app);
}

/* One method `f` in a class of its own, with a text that follows its name. */
static const char *
module_of(const char *head, const char *body)
{
    static char text[65536];

    snprintf(text, sizeof text, "class .t%u extends .internal.object\nmethod f %s\n%s\nend\n",
             serial++, head, body);
    return text;
}

#define accepts(head, body)      ck_assert_loads(module_of(head, body), app)
#define refuses(head, body, why) ck_assert_refused(module_of(head, body), app, why)

/* ---- stacks and locals ---- */

START_TEST(stacks_stay_within_their_bounds)
{
    accepts("()v static stack 1 0", "WNULL\nWPOP\nRETURN");
    refuses("()v static stack 1 0", "WNULL\nWNULL\nRETURN", "more than 1 words on the stack");
    refuses("()v static stack 0 1", "ICONST 1\nLCONST 1\nRETURN", "more than 1 raw values");
    refuses("()v static", "WPOP\nRETURN", "not enough words");
    refuses("()v static", "RPOP\nRETURN", "not enough raw values");
    refuses("()v static", "WNULL\nWDUP_X1\nRETURN", "not enough words");
    refuses("()v static locals 0 0", "WLOAD 0\nRETURN", "local 0, where there are 0");
    refuses("()v static locals 0 1", "ISTORE 1\nRETURN", "local 1, where there are 1");
    refuses("(w)v static locals 0 0", "RETURN", "no room for its arguments");
    refuses("()v locals 0 0", "RETURN", "no room for its arguments");
    refuses("()v static locals 8000 0 stack 8000 0", "RETURN", "its frame is too large");
}
END_TEST

START_TEST(a_local_is_read_only_as_what_it_was_set_to)
{
    accepts("(il)l static", "LLOAD 1\nRRETURN");
    refuses("(il)l static", "LLOAD 0\nRRETURN", "raw local 0 does not hold a value of kind l");
    refuses("()i static", "ILOAD 0\nRRETURN", "raw local 0 does not hold");
    refuses("()w static", "WLOAD 0\nWRETURN", "word local 0 is read before it is set");
    accepts("()d static", "ICONST 1\nISTORE 0\nDCONST 1.0\nDSTORE 0\nDLOAD 0\nRRETURN");
    refuses("(d)v static", "IINC 0 1\nRETURN", "does not hold a value of kind i");
    accepts("(i)v static", "IINC 0 -1\nRETURN");
    /* set on one way only */
    refuses("(i)w static", "ILOAD 0\nIFEQ skip\nWNULL\nWSTORE 1\nskip:\nWLOAD 1\nWRETURN",
            "word local 1 is read before it is set");
    accepts("(i)w static", "ILOAD 0\nIFEQ other\nWNULL\nWSTORE 1\nGOTO both\nother:\n"
                           "WCONST \"x\"\nWSTORE 1\nboth:\nWLOAD 1\nWRETURN");
    refuses("(i)v static",
            "ILOAD 0\nIFEQ other\nICONST 1\nISTORE 1\nGOTO both\nother:\n"
            "LCONST 1\nLSTORE 1\nboth:\nILOAD 1\nRPOP\nRETURN",
            "raw local 1 does not hold");
}
END_TEST

START_TEST(raw_values_have_kinds)
{
    accepts("()v static", "LCONST 1\nICONST 2\nLSHL\nL2D\nDCONST 2.0\nDADD\nD2F\nRPOP\nRETURN");
    refuses("()v static", "LCONST 1\nLCONST 2\nLSHL\nRPOP\nRETURN",
            "kind l where one of kind i is wanted");
    refuses("()v static", "FCONST 1.0\nDCONST 1.0\nDADD\nRPOP\nRETURN",
            "kind f where one of kind d");
    refuses("()v static", "LCONST 1\nICONST 2\nRDUP2_X1\nRETURN", "not enough raw values");
}
END_TEST

START_TEST(shuffles_move_types_along)
{
    accepts("(wL.dog;)L.dog; static", "WLOAD 0\nWLOAD 1\nWSWAP\nWPOP\nWRETURN");
    refuses("(wL.dog;)L.dog; static", "WLOAD 0\nWLOAD 1\nWSWAP\nWRETURN",
            "the result is .internal.object, and must be .dog");
    accepts("(wL.dog;)L.dog; static", "WLOAD 1\nWLOAD 0\nWDUP_X1\nWPOP\nWRETURN");
    accepts("(wwL.dog;)L.dog; static",
            "WLOAD 0\nWLOAD 1\nWLOAD 2\nWDUP_X2\nWPOP\nWPOP\nWPOP\nWRETURN");
    accepts("(wwL.dog;w)L.dog; static",
            "WLOAD 0\nWLOAD 1\nWLOAD 2\nWLOAD 3\nWDUP2_X2\nWPOP\nWPOP\nWPOP\nWPOP\nWPOP\nWRETURN");
    accepts("(il)l static", "ILOAD 0\nLLOAD 1\nRDUP_X1\nRPOP\nRPOP\nRRETURN");
    accepts("(ild)l static",
            "ILOAD 0\nLLOAD 1\nDLOAD 2\nRDUP2_X1\nRPOP\nRPOP\nRPOP\nRPOP\nRRETURN");
    refuses("(il)l static", "ILOAD 0\nLLOAD 1\nRSWAP\nRRETURN", "kind i where one of kind l");
}
END_TEST

/* ---- flow ---- */

START_TEST(code_is_never_left)
{
    refuses("()v static", "NOP", "goes on behind its last instruction");
    refuses("()v static", ".byte 0x60 0 0 0 0x10\nRETURN", "where no instruction begins");
    refuses("()v static", ".byte 0x60 0xff 0xff 0xff 0xff\nRETURN", "where no instruction begins");
    refuses("()v static", ".byte 0x60 2 0 0 0\nRETURN", "where no instruction begins");
    refuses("()v static", ".byte 0x60 2 0 0", "no instruction, or one that is cut off");
    refuses("()v static", ".byte 0xff", "no instruction");
    refuses("()v static", "RETURN\n.byte 0xfe", "no instruction");
    accepts("()v static", "loop:\nGOTO loop");
    accepts("()v static", "GOTO end\nNOP\nend:\nRETURN");
}
END_TEST

START_TEST(dead_code_is_read_but_not_followed)
{
    accepts("()v static", "RETURN\nWPOP\nWPOP");
    refuses("()v static", "RETURN\nNEW #9999", "is not what it needs");
    refuses("()v static", "RETURN\nWLOAD 200", "local 200");
    refuses("()v static", "RETURN\n.byte 0x60 1 0 0 0", "where no instruction begins");
}
END_TEST

START_TEST(ways_meet_with_equal_stacks)
{
    refuses("(i)v static", "ILOAD 0\nIFEQ skip\nWNULL\nskip:\nRETURN", "ways meet here");
    refuses("(i)v static", "ILOAD 0\nIFEQ a\nICONST 1\nGOTO b\na:\nLCONST 1\nb:\nRPOP\nRETURN",
            "ways meet here");
    accepts("(i)i static", "ILOAD 0\nIFEQ a\nICONST 1\nGOTO b\na:\nICONST 2\nb:\nRRETURN");
    refuses("(i)v static", "loop:\nWNULL\nGOTO loop", "ways meet here");
}
END_TEST

START_TEST(what_is_known_narrows_until_nothing_changes)
{
    /* The local is a dog at first and any animal the second time around. */
    refuses("(L.dog;L.cat;i)L.dog; static",
            "loop:\nILOAD 0\nIFEQ out\nWLOAD 1\nWSTORE 0\nGOTO loop\nout:\nWLOAD 0\nWRETURN",
            "the result is .animal, and must be .dog");
    accepts("(L.dog;L.cat;i)L.animal; static",
            "loop:\nILOAD 0\nIFEQ out\nWLOAD 1\nWSTORE 0\nGOTO loop\nout:\nWLOAD 0\nWRETURN");
    accepts("([L.dog;[L.cat;i)[L.animal; static",
            "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nWRETURN");
    accepts("([[i[[li)[w static", "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nWRETURN");
    refuses("([i[li)[w static", "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nWRETURN",
            "must be [w");
    accepts("(L.dog;i)L.dog; static", "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWNULL\nb:\nWRETURN");
}
END_TEST

START_TEST(switches_are_checked)
{
    accepts("(i)v static", "ILOAD 0\nTABLESWITCH out -1 a b\na:\nNOP\nb:\nNOP\nout:\nRETURN");
    accepts("(i)v static", "ILOAD 0\nLOOKUPSWITCH out -5 a 7 out\na:\nNOP\nout:\nRETURN");
    accepts("(i)v static", "ILOAD 0\nLOOKUPSWITCH out\nout:\nRETURN");
    refuses("(i)v static", "ILOAD 0\nLOOKUPSWITCH out 7 a 7 out\na:\nNOP\nout:\nRETURN",
            "not in ascending order");
    refuses("(i)v static", "ILOAD 0\nTABLESWITCH out 0x7fffffff a a\na:\nNOP\nout:\nRETURN",
            "behind the greatest int");
    refuses("()v static", ".byte 0x71 0 0 0 0 0 0 0 0 0xff 0xff 0xff 0xff\nRETURN", "cut off");
    refuses("(i)v static", "ILOAD 0\n.byte 0x72 5 0 0 0 0 0 0 0\nRETURN", "a jump to");
}
END_TEST

START_TEST(handlers_see_locals_and_the_exception)
{
    accepts("()L.internal.error; static",
            "a:\nNOP\nWNULL\nTHROW\nb:\nWRETURN\n.catch a b b .internal.error");
    refuses("()L.internal.error; static", "a:\nNOP\nWNULL\nTHROW\nb:\nWRETURN\n.catch a b b",
            "the result is .internal.object");
    /* The local is set inside the range, so the handler cannot count on it. */
    refuses("()w static",
            "a:\nNOP\nWNULL\nWSTORE 0\nNOP\nb:\nWNULL\nWRETURN\nh:\nWPOP\nWLOAD 0\nWRETURN\n"
            ".catch a b h",
            "word local 0 is read before it is set");
    accepts("()w static", "WNULL\nWSTORE 0\na:\nNOP\nWCONST \"x\"\nWSTORE 0\nb:\nWNULL\nWRETURN\n"
                          "h:\nWPOP\nWLOAD 0\nWRETURN\n.catch a b h");
    refuses("()v static stack 0 0", "a:\nNOP\nb:\nRETURN\n.catch a b a", "room for a word");
    refuses("()v static", "a:\nRETURN\nb:\nRETURN\n.catch a b a", "ways meet");
}
END_TEST

START_TEST(handlers_begin_at_instructions)
{
    struct assembled module =
        assemble("class .h extends .internal.object\nmethod f ()v static\na:\nICONST 1\nb:\nRPOP\n"
                 "c:\nRETURN\n.catch a b c\nend\n");
    uint8_t *handler = module.bytes + module.count - 4 - 14;

    for (unsigned at = 0; at < 12; at += 4) {
        uint8_t was = handler[at];

        handler[at] = 2; /* inside ICONST */
        assemble_seal(&module);
        ck_assert_int_eq(load_bytes(module.bytes, module.count, app), ERR_PROGRAM);
        ck_assert_ptr_nonnull(strstr(load_report, "inside an instruction"));
        handler[at] = was;
    }
    assemble_seal(&module);
    ck_assert_int_eq(load_bytes(module.bytes, module.count, app), ERR_PROGRAM);
    ck_assert_ptr_nonnull(strstr(load_report, "ways meet")); /* c with and without the exception */
    assemble_free(&module);
}
END_TEST

/* ---- members ---- */

START_TEST(fields_are_reached_through_their_class)
{
    accepts("(L.dog;)i static", "WLOAD 0\nGETFIELD .dog legs i\nRRETURN");
    refuses("(w)i static", "WLOAD 0\nGETFIELD .dog legs i\nRRETURN",
            "legs of .animal is asked of .internal.object");
    refuses("(L.dog;)i static", "WLOAD 0\nGETFIELD .dog legs l\nRRETURN",
            "unknown field .dog.legs of type l");
    refuses("(L.dog;)v static", "WLOAD 0\nLCONST 1\nPUTFIELD .dog legs i\nRETURN",
            "kind l where one of kind i");
    refuses("(L.dog;)v static", "WLOAD 0\nWLOAD 0\nPUTFIELD .dog friends [L.animal;\nRETURN",
            "friends is .dog, and must be [L.animal;");
    accepts("(L.dog;[L.cat;)v static",
            "WLOAD 0\nWLOAD 1\nPUTFIELD .dog friends [L.animal;\nRETURN");
    accepts("()i static", "WNULL\nGETFIELD .dog legs i\nRRETURN"); /* throws when it runs */
    refuses("(L.dog;)i static", "WLOAD 0\nGETFIELD .dog count i\nRRETURN", "is static");
    refuses("(L.dog;)i static", "GETSTATIC .dog legs i\nRRETURN", "is not static");
    refuses("(L.dog;)w static", "WLOAD 0\nGETFIELD .animal name L.internal.string;\nWRETURN",
            "is private");
    refuses("(L.dog;)v static", "WLOAD 0\nICONST 1\nPUTFIELD .dog tag i\nRETURN", "is final");
    accepts("(L.dog;)i static", "WLOAD 0\nGETFIELD .dog tag i\nRRETURN");
}
END_TEST

START_TEST(calls_get_what_they_declare)
{
    accepts("(L.dog;)w static", "WLOAD 0\nICONST 1\nINVOKEVIRTUAL .animal sound "
                                "(i)L.internal.string;\nWRETURN");
    refuses("(w)w static",
            "WLOAD 0\nICONST 1\nINVOKEVIRTUAL .animal sound (i)L.internal.string;\nWRETURN",
            "sound of .animal is asked of .internal.object");
    refuses("(L.dog;)w static",
            "WLOAD 0\nLCONST 1\nINVOKEVIRTUAL .animal sound (i)L.internal.string;\nWRETURN",
            "kind l where one of kind i");
    refuses("(L.dog;)v static",
            "WLOAD 0\nICONST 1\nINVOKEVIRTUAL .animal sound (i)L.internal.string;\nRETURN\nRRETURN"
            "\n.byte 0xff",
            "no instruction");
    accepts("()i static", "INVOKESTATIC .animal all ()i\nRRETURN");
    refuses("()i static", "INVOKEVIRTUAL .animal all ()i\nRRETURN", "is static");
    refuses("(L.dog;)v static",
            "WLOAD 0\nINVOKESTATIC .internal.object toString "
            "()L.internal.string;\nRETURN",
            "is not static");
    refuses("(L.dog;)v static", "WLOAD 0\nINVOKESPECIAL .animal secret ()v\nRETURN", "is private");
    refuses("(L.dog;)v static", "WLOAD 0\nINVOKEVIRTUAL .dog <new> ()v\nRETURN",
            "only for INVOKESPECIAL");
    refuses("(L.dog;)v static", "WLOAD 0\nINVOKENAME <static> 0\nWPOP\nRETURN",
            "cannot be called by name");
    refuses("(L.cat;)v static", "WLOAD 0\nINVOKESPECIAL .dog <new> ()v\nRETURN",
            "<new> of .dog is asked of .cat");
}
END_TEST

START_TEST(special_calls_go_only_up)
{
    accepts("()w",
            "WLOAD 0\nINVOKESPECIAL .internal.object toString ()L.internal.string;\nWRETURN");
    refuses("(L.dog;)w",
            "WLOAD 1\nINVOKESPECIAL .internal.object toString ()L.internal.string;\nWRETURN",
            "toString of .t");
    refuses("(L.dog;)w",
            "WLOAD 1\nICONST 1\nINVOKESPECIAL .dog sound (i)L.internal.string;\nWRETURN",
            "neither this class nor above it");
}
END_TEST

START_TEST(interfaces_prove_nothing)
{
    accepts("(w)i static", "WLOAD 0\nICONST 1\nINVOKEINTERFACE .talker talk (i)i\nRRETURN");
    accepts("(w)L.talker; static", "WLOAD 0\nWRETURN");
    accepts("(L.talker;)w static",
            "WLOAD 0\nINVOKEINTERFACE .talker toString ()L.internal.string;\nWRETURN");
    refuses("(w)i static", "WLOAD 0\nICONST 1\nINVOKEVIRTUAL .talker talk (i)i\nRRETURN",
            "is of interface .talker");
    refuses("(L.dog;)w static",
            "WLOAD 0\nINVOKEINTERFACE .dog toString ()L.internal.string;\nWRETURN",
            "is of no interface");
    refuses("(L.talker;)L.dog; static", "WLOAD 0\nWRETURN", "and must be .dog");
    accepts("(L.talker;)L.dog; static", "WLOAD 0\nCHECKCAST .dog\nWRETURN");
}
END_TEST

START_TEST(untyped_calls_take_any_words)
{
    accepts("(wL.dog;)w static", "WLOAD 0\nWLOAD 1\nWNULL\nINVOKENAME play 2\nWRETURN");
    refuses("(w)w static", "WLOAD 0\nINVOKENAME play 2\nWRETURN", "not enough words");
    accepts("(w)w static", "WLOAD 0\nWNULL\nINVOKENAME <new> 1\nWRETURN");
    refuses("(w)w static", "WLOAD 0\nINVOKENAME <new> 1\nWRETURN", "not enough words");
    accepts("(ww)w static", "WLOAD 0\nWLOAD 1\nINVOKENAME <call> 1\nWRETURN");
    refuses("(w)w static", "WLOAD 0\nINVOKENAME <call> 0\nWRETURN",
            "nothing says which method is called");
    accepts("(w)w static", "WLOAD 0\nINVOKENUMBER 8 0\nWRETURN");
    refuses("(w)w static", "WLOAD 0\nINVOKENUMBER -8 0\nWRETURN", "negative");
    refuses("(w)L.dog; static", "WLOAD 0\nINVOKENAME play 0\nWRETURN", "and must be .dog");
    accepts("(ww)v static", "WLOAD 0\nWLOAD 1\nDYN_BINARY 0\nDYN_TRUTH\nRPOP\nRETURN");
    refuses("(ww)v static", "WLOAD 0\nWLOAD 1\nDYN_BINARY 11\nRETURN", "operand 11");
    refuses("(ww)v static", "WLOAD 0\nDYN_UNARY 3\nRETURN", "operand 3");
    refuses("(ww)v static", "WLOAD 0\nWLOAD 1\nDYN_COMPARE 4\nRETURN", "operand 4");
    accepts("(ww)L.internal.string; static", "WLOAD 0\nWLOAD 1\nCONCAT 2\nWRETURN");
    refuses("(ww)L.internal.string; static", "CONCAT 0\nWRETURN", "operand 0");
}
END_TEST

/* ---- objects ---- */

START_TEST(only_ordinary_classes_have_new_objects)
{
    accepts("()L.dog; static", "NEW .dog\nWDUP\nINVOKESPECIAL .dog <new> ()v\nWRETURN");
    accepts("()w static", "NEW .internal.object\nWRETURN");
    refuses("()w static", "NEW .animal\nWRETURN", ".animal is abstract");
    refuses("()w static", "NEW .talker\nWRETURN", ".talker is abstract");
    refuses("()w static", "NEW .internal.string\nWRETURN", "only the machine makes");
    refuses("()w static", "NEW .internal.thread\nWRETURN", "only the machine makes");
    refuses("()w static", "NEW [i\nWRETURN", "only the machine makes");
}
END_TEST

START_TEST(arrays_are_of_their_kind)
{
    accepts("()[i static", "ICONST 3\nNEWARRAY [i\nWRETURN");
    refuses("()w static", "ICONST 3\nNEWARRAY .dog\nWRETURN", "not so many dimensions");
    accepts("()[[[i static", "ICONST 3\nICONST 4\nMULTINEWARRAY [[[i 2\nWRETURN");
    refuses("()w static", "ICONST 3\nICONST 4\nMULTINEWARRAY [i 2\nWRETURN",
            "not so many dimensions");
    refuses("()w static", "MULTINEWARRAY [i 0\nWRETURN", "no dimension");
    accepts("([L.dog;)L.dog; static", "WLOAD 0\nICONST 0\nWALOAD\nWRETURN");
    refuses("([L.animal;)L.dog; static", "WLOAD 0\nICONST 0\nWALOAD\nWRETURN", "must be .dog");
    accepts("([z)i static", "WLOAD 0\nICONST 0\nBALOAD\nRRETURN");
    accepts("([b)i static", "WLOAD 0\nICONST 0\nBALOAD\nRRETURN");
    refuses("([i)i static", "WLOAD 0\nICONST 0\nBALOAD\nRRETURN", "[i is not the array");
    refuses("(w)i static", "WLOAD 0\nARRAYLENGTH\nRRETURN", "not the array that it needs");
    accepts("([[d)d static", "WLOAD 0\nICONST 0\nWALOAD\nICONST 0\nDALOAD\nRRETURN");
    accepts("([w)v static", "WLOAD 0\nICONST 0\nWCONST \"x\"\nWASTORE\nRETURN");
    refuses("([i)v static", "WLOAD 0\nICONST 0\nWCONST \"x\"\nWASTORE\nRETURN",
            "[i is not the array");
    accepts("([l)v static", "WLOAD 0\nICONST 0\nLCONST 5\nLASTORE\nRETURN");
    accepts("()i static", "WNULL\nICONST 0\nWALOAD\nICONST 0\nIALOAD\nRRETURN");
}
END_TEST

START_TEST(constants_have_their_classes)
{
    accepts("()L.internal.string; static", "WCONST \"x\"\nWRETURN");
    accepts("()L.internal.long; static", "WCONST long 5\nWRETURN");
    accepts("()L.internal.class; static", "WCONST class .dog\nWRETURN");
    refuses("()L.internal.int; static", "WCONST long 5\nWRETURN",
            "the result is .internal.long, and must be .internal.int");
    accepts("()L.internal.double; static", "DCONST 1.0\nBOX_D\nWRETURN");
    refuses("()L.internal.float; static", "DCONST 1.0\nBOX_D\nWRETURN", "must be .internal.float");
    refuses("()w static", "WCONST #1\nWRETURN", "entry 1 of the pool is not what it needs");
    refuses("()w static", "WCONST #0\nWRETURN", "entry 0 of the pool");
}
END_TEST

START_TEST(what_is_returned_is_what_was_promised)
{
    refuses("()i static", "RETURN", "the method returns something else");
    refuses("()v static", "ICONST 1\nRRETURN", "the method returns something else");
    refuses("()v static", "WNULL\nWRETURN", "the method returns something else");
    refuses("()w static", "ICONST 1\nRRETURN", "the method returns something else");
    refuses("()i static", "LCONST 1\nRRETURN", "kind l where one of kind i");
    accepts("()z static", "ICONST 1\nRRETURN");
    accepts("()L.dog; static", "WNULL\nWRETURN");
}
END_TEST

START_TEST(a_monitor_needs_only_a_word)
{
    accepts("(w)v static", "WLOAD 0\nMONITORENTER\nRETURN");
    refuses("(w)v static", "MONITOREXIT\nRETURN", "not enough words");
}
END_TEST

/* ---- trouble on purpose ---- */

START_TEST(intricate_methods_are_refused_in_time)
{
    char *body = malloc(1 << 20), *at = body;

    for (unsigned i = 0; i < 250; i++)
        at += sprintf(at, "l%u:\nILOAD 0\nIFEQ l%u\nWLOAD %u\nWSTORE %u\n", i, (i * 7) % 250,
                      i * 13 % 4000, (i * 29 + 1) % 4000);
    sprintf(at, "RETURN");
    refuses("(wi)v static locals 4000 4000", body, "read before it is set");
    free(body);
}
END_TEST

START_TEST(lines_are_named_in_complaints)
{
    refuses("()v static", ".line 12\nNOP\n.line 13\nWPOP\nRETURN", "line 13 (WPOP at 1)");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify");
    TCase *tcase = tcase_create("verify");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, load_space_stop);
    tcase_add_test(tcase, stacks_stay_within_their_bounds);
    tcase_add_test(tcase, a_local_is_read_only_as_what_it_was_set_to);
    tcase_add_test(tcase, raw_values_have_kinds);
    tcase_add_test(tcase, shuffles_move_types_along);
    tcase_add_test(tcase, code_is_never_left);
    tcase_add_test(tcase, dead_code_is_read_but_not_followed);
    tcase_add_test(tcase, ways_meet_with_equal_stacks);
    tcase_add_test(tcase, what_is_known_narrows_until_nothing_changes);
    tcase_add_test(tcase, switches_are_checked);
    tcase_add_test(tcase, handlers_see_locals_and_the_exception);
    tcase_add_test(tcase, handlers_begin_at_instructions);
    tcase_add_test(tcase, fields_are_reached_through_their_class);
    tcase_add_test(tcase, calls_get_what_they_declare);
    tcase_add_test(tcase, special_calls_go_only_up);
    tcase_add_test(tcase, interfaces_prove_nothing);
    tcase_add_test(tcase, untyped_calls_take_any_words);
    tcase_add_test(tcase, only_ordinary_classes_have_new_objects);
    tcase_add_test(tcase, arrays_are_of_their_kind);
    tcase_add_test(tcase, constants_have_their_classes);
    tcase_add_test(tcase, what_is_returned_is_what_was_promised);
    tcase_add_test(tcase, a_monitor_needs_only_a_word);
    tcase_add_test(tcase, intricate_methods_are_refused_in_time);
    tcase_add_test(tcase, lines_are_named_in_complaints);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
