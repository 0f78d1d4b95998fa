/*
 * attack_test.c - modules that were made to break the machine, each refused with a reason.
 *
 * A row is an attack and beside it the same module without the attack, which loads: so what is
 * refused is the attack and nothing else. What the verifier leaves to the instruction itself is
 * in attack_run_test.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "unit/vm/load_space.h"

struct attack {
    const char *name;
    const char *module;
    const char *refusal; /* with class, method and place */
    const char *control; /* the module without the attack */
};

/* A module of one class with one method. */
#define EVIL(head, body) "class .evil extends .internal.object\nmethod f " head "\n" body "\nend\n"
#define HEIR(head, body) "class .evil extends .vault\nmethod f " head "\n" body "\nend\n"

/* Who is attacked. */
static const char victims[] =
    "class .vault extends .internal.object\n"
    "field gold i private\n"
    "field key L.internal.string; private\n"
    "field mint i private static\n"
    "field seal i final\n"
    "field coin i final static\n"
    "field shelf [L.vault;\n"
    "field open i\n"
    "method <new> ()v locals 1 0 stack 1 0\n  WLOAD 0\n"
    "  INVOKESPECIAL .internal.object <new> ()v\n  RETURN\nend\n"
    "method <new> (i)v private locals 1 1 stack 1 1\n  WLOAD 0\n"
    "  INVOKESPECIAL .internal.object <new> ()v\n  RETURN\nend\n"
    "method unlock ()i private locals 1 0 stack 0 1\n  ICONST8 1\n  RRETURN\nend\n"
    "method press ()i private static locals 0 0 stack 0 1\n  ICONST8 1\n  RRETURN\nend\n"
    "method look ()i locals 1 0 stack 0 1\n  ICONST8 1\n  RRETURN\nend\n"
    "method count ()i static locals 0 0 stack 0 1\n  ICONST8 1\n  RRETURN\nend\n"
    "method shut ()v final locals 1 0 stack 0 0\n  RETURN\nend\n"
    "method twin ()L.vault; locals 1 0 stack 1 0\n  WLOAD 0\n  WRETURN\nend\n"
    "class .cellar extends .vault\n"
    "method <new> ()v locals 1 0 stack 1 0\n  WLOAD 0\n"
    "  INVOKESPECIAL .vault <new> ()v\n  RETURN\nend\n"
    "class .shed extends .internal.object\n"
    "class .idea extends .internal.object abstract\n"
    "method think ()i abstract\n"
    "class .sealed extends .internal.object final\n"
    "class .talker extends .internal.object interface\n"
    "method talk (i)i abstract public\n"
    "class .number extends .internal.object interface\n"
    "method give ()i public locals 1 0 stack 0 1\n  ICONST8 1\n  RRETURN\nend\n"
    "class .object extends .internal.object interface implements .number\n"
    "method give ()w public locals 1 0 stack 1 0\n  WLOAD 0\n  WRETURN\nend\n"
    "class .whole extends .internal.object implements .number\n";

static uint32_t application_id;

static void
setup(void)
{
    load_space_start();
    application_id = 0;
}

/* What is wrong with the rows of a table, all of it at once. */
static char mistakes[65536];

static void
mistake(const struct attack *attack, const char *what)
{
    size_t used = strlen(mistakes);

    snprintf(mistakes + used, sizeof mistakes - used, "%s: %s\n%s", attack->name, what,
             load_report);
}

/* Refused for the reason given; then, that nothing of it is left, the control loads. */
static void
try_attack(const struct attack *attack)
{
    ref_t app = load_application(++application_id);
    err_t err;

    ck_assert_loads(victims, app);
    err = load_for(attack->module, app);
    if (err != ERR_PROGRAM && err != ERR_CORRUPT)
        mistake(attack, "accepted");
    else if (strstr(load_report, attack->refusal) == NULL)
        mistake(attack, "refused for something else");
    if (err != OK && load_for(attack->control, app) != OK)
        mistake(attack, "the control is refused");
}

static void
try_attacks(const struct attack *attacks, size_t count)
{
    mistakes[0] = 0;
    for (size_t i = 0; i < count; i++)
        try_attack(&attacks[i]);
    ck_assert_msg(mistakes[0] == 0, "%s", mistakes);
}

#define ATTACKS(title, ...)                                                                        \
    static const struct attack title##_rows[] = { __VA_ARGS__ };                                   \
    START_TEST(title)                                                                              \
    {                                                                                              \
        try_attacks(title##_rows, sizeof title##_rows / sizeof title##_rows[0]);                   \
    }                                                                                              \
    END_TEST

/* What the verifier says of method f: class, method and place, then why. */
#define F(signature, place, why) "in class .evil, method f" signature ", line 0 (" place "): " why

/* ---- words out of bits, bits out of words ---- */

ATTACKS(words_are_not_forged,
        { "an int is returned as an object", EVIL("(i)w static", "ILOAD 0\nWRETURN"),
          F("(i)w", "WRETURN at 3", "not enough words on the stack"),
          EVIL("(i)w static", "ILOAD 0\nBOX_I\nWRETURN") },
        { "a long is left where an object is wanted",
          EVIL("()L.vault; static", "LCONST 0x10000\nRRETURN"),
          F("()L.vault;", "RRETURN at 9", "the method returns something else"),
          EVIL("()l static", "LCONST 0x10000\nRRETURN") },
        { "an object is added to", EVIL("(L.vault;)l static", "WLOAD 0\nLCONST 8\nLADD\nRRETURN"),
          F("(L.vault;)l", "LADD at 12", "not enough raw values on the stack"),
          EVIL("(L.vault;l)l static", "LLOAD 0\nLCONST 8\nLADD\nRRETURN") },
        { "an object is loaded as a long", EVIL("(L.vault;)l static", "LLOAD 0\nRRETURN"),
          F("(L.vault;)l", "LLOAD at 0", "raw local 0 does not hold a value of kind l"),
          EVIL("(L.vault;l)l static", "LLOAD 0\nRRETURN") },
        { "a long is loaded as an object", EVIL("(l)w static", "WLOAD 0\nWRETURN"),
          F("(l)w", "WLOAD at 0", "word local 0 is read before it is set"),
          EVIL("(lw)w static", "WLOAD 0\nWRETURN") },
        { "the bits of a double are a long", EVIL("(d)l static", "DLOAD 0\nRRETURN"),
          F("(d)l", "RRETURN at 3", "a raw value of kind d where one of kind l is wanted"),
          EVIL("(d)l static", "DLOAD 0\nD2L\nRRETURN") },
        { "half a long is an int", EVIL("(l)i static", "ILOAD 0\nRRETURN"),
          F("(l)i", "ILOAD at 0", "raw local 0 does not hold a value of kind i"),
          EVIL("(l)i static", "LLOAD 0\nL2I\nRRETURN") },
        { "a float and an int change places",
          EVIL("(fi)f static", "FLOAD 0\nILOAD 1\nRSWAP\nRPOP\nRRETURN"),
          F("(fi)f", "RRETURN at 8", "a raw value of kind i where one of kind f is wanted"),
          EVIL("(fi)f static", "FLOAD 0\nILOAD 1\nRPOP\nRRETURN") },
        { "an object is put where an int is",
          EVIL("(L.vault;)v static", "WLOAD 0\nWLOAD 0\nPUTFIELD .vault open i\nRETURN"),
          F("(L.vault;)v", "PUTFIELD at 6", "not enough raw values on the stack"),
          EVIL("(L.vault;)v static", "WLOAD 0\nICONST8 3\nPUTFIELD .vault open i\nRETURN") },
        { "a long is put where an int is",
          EVIL("(L.vault;)v static", "WLOAD 0\nLCONST 3\nPUTFIELD .vault open i\nRETURN"),
          F("(L.vault;)v", "PUTFIELD at 12", "a raw value of kind l where one of kind i is wanted"),
          EVIL("(L.vault;)v static", "WLOAD 0\nICONST8 3\nPUTFIELD .vault open i\nRETURN") },
        { "longs are stored into objects",
          EVIL("([w)v static", "WLOAD 0\nICONST8 0\nLCONST 9\nLASTORE\nRETURN"),
          F("([w)v", "LASTORE at 14", "[w is not the array that it needs"),
          EVIL("([l)v static", "WLOAD 0\nICONST8 0\nLCONST 9\nLASTORE\nRETURN") },
        { "ints are read as longs, behind their end",
          EVIL("([i)l static", "WLOAD 0\nICONST8 0\nLALOAD\nRRETURN"),
          F("([i)l", "LALOAD at 5", "[i is not the array that it needs"),
          EVIL("([l)l static", "WLOAD 0\nICONST8 0\nLALOAD\nRRETURN") },
        { "a string is read as an array",
          EVIL("(L.internal.string;)i static", "WLOAD 0\nICONST8 0\nIALOAD\nRRETURN"),
          F("(L.internal.string;)i", "IALOAD at 5",
            ".internal.string is not the array that it needs"),
          EVIL("([i)i static", "WLOAD 0\nICONST8 0\nIALOAD\nRRETURN") },
        { "a word is tested as an int", EVIL("(w)v static", "WLOAD 0\nIFEQ out\nout:\nRETURN"),
          F("(w)v", "IFEQ at 3", "not enough raw values on the stack"),
          EVIL("(w)v static", "WLOAD 0\nIFNULL out\nout:\nRETURN") }, )

/* ---- stacks ---- */

ATTACKS(stacks_are_not_left,
        { "popped below the bottom: the caller's words",
          EVIL("(w)v static locals 1 0", "WPOP\nRETURN"),
          F("(w)v", "WPOP at 0", "not enough words on the stack"),
          EVIL("(w)v static locals 1 0", "WLOAD 0\nWPOP\nRETURN") },
        { "popped below the bottom: the frame", EVIL("()l static locals 0 0", "RRETURN"),
          F("()l", "RRETURN at 0", "not enough raw values on the stack"),
          EVIL("()l static locals 0 0", "LCONST 1\nRRETURN") },
        { "a copy of what lies below", EVIL("(w)v static", "WLOAD 0\nWDUP2\nRETURN"),
          F("(w)v", "WDUP2 at 3", "not enough words on the stack"),
          EVIL("(w)v static", "WLOAD 0\nWDUP\nWDUP2\nRETURN") },
        { "a raw shuffle below the bottom", EVIL("(i)v static", "ILOAD 0\nRDUP2_X2\nRETURN"),
          F("(i)v", "RDUP2_X2 at 3", "not enough raw values on the stack"),
          EVIL("(i)v static", "ILOAD 0\nRDUP\nRDUP2\nRDUP2_X2\nRETURN") },
        { "an argument too few", EVIL("()i static", "INVOKEVIRTUAL .vault look ()i\nRRETURN"),
          F("()i", "INVOKEVIRTUAL at 0", "not enough words on the stack"),
          EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
        { "a join of more than is there", EVIL("(w)w static", "WLOAD 0\nCONCAT 255\nWRETURN"),
          F("(w)w", "CONCAT at 3", "not enough words on the stack"),
          EVIL("(w)w static", "WLOAD 0\nCONCAT 1\nWRETURN") },
        { "more dimensions than ints",
          EVIL("(i)w static", "ILOAD 0\nMULTINEWARRAY [[[i 3\nWRETURN"),
          F("(i)w", "MULTINEWARRAY at 3", "not enough raw values on the stack"),
          EVIL("(i)w static", "ILOAD 0\nMULTINEWARRAY [[[i 1\nWRETURN") },
        { "a stack that grows in a loop", EVIL("()v static", "loop:\nICONST8 1\nGOTO loop"),
          F("()v", "GOTO at 2",
            "ways meet here with 0 words and 0 raw values on the stack, and with 0 and 1"),
          EVIL("()v static", "loop:\nICONST8 1\nRPOP\nGOTO loop") },
        { "a stack that shrinks in a loop",
          EVIL("(w)v static", "WLOAD 0\nWLOAD 0\nloop:\nWPOP\nGOTO loop"),
          F("(w)v", "GOTO at 7", "ways meet here with 2 words"),
          EVIL("(w)v static", "WLOAD 0\nloop:\nWPOP\nWLOAD 0\nGOTO loop") },
        { "ways of different depth", EVIL("(i)v static", "ILOAD 0\nIFEQ b\nWNULL\nb:\nRETURN"),
          F("(i)v", "WNULL at 8",
            "ways meet here with 0 words and 0 raw values on the stack, and with 1 and 0"),
          EVIL("(i)v static", "ILOAD 0\nIFEQ b\nWNULL\nWPOP\nb:\nRETURN") },
        { "a word on one way, an int on the other",
          EVIL("(i)v static", "ILOAD 0\nIFEQ a\nWNULL\nGOTO b\na:\nICONST8 1\nb:\nRETURN"),
          F("(i)v", "ICONST8 at 14", "ways meet here with"),
          EVIL("(i)v static", "ILOAD 0\nIFEQ a\nICONST8 2\nGOTO b\na:\nICONST8 1\nb:\nRETURN") },
        { "cases of a switch with different stacks",
          EVIL("(i)v static", "ILOAD 0\nTABLESWITCH c 0 a b\na:\nWNULL\nb:\nRETURN\nc:\nRETURN"),
          F("(i)v", "WNULL at 24", "ways meet here with"),
          EVIL("(i)v static",
               "ILOAD 0\nTABLESWITCH c 0 a b\na:\nWNULL\nWPOP\nb:\nRETURN\nc:\nRETURN") },
        { "more words than there is room for",
          EVIL("(w)v static locals 1 0 stack 1 0", "WLOAD 0\nWDUP\nRETURN"),
          F("(w)v", "WDUP at 3", "more than 1 words on the stack"),
          EVIL("(w)v static locals 1 0 stack 2 0", "WLOAD 0\nWDUP\nRETURN") },
        { "a result without room for it",
          EVIL("()v static stack 0 0", "INVOKESTATIC .vault count ()i\nRETURN"),
          F("()v", "INVOKESTATIC at 0", "more than 0 raw values on the stack"),
          EVIL("()v static stack 0 1", "INVOKESTATIC .vault count ()i\nRETURN") },
        { "an array that is popped as the index",
          EVIL("([i)i static", "ICONST8 0\nICONST8 1\nIALOAD\nRRETURN"),
          F("([i)i", "IALOAD at 4", "not enough words on the stack"),
          EVIL("([i)i static", "WLOAD 0\nICONST8 1\nIALOAD\nRRETURN") }, )

/* ---- the code ---- */

ATTACKS(code_is_not_left,
        { "a jump into a constant",
          EVIL("()v static", ".byte 0x60 7 0 0 0\nLCONST 0xc0c0c0c0c0\nRETURN"),
          F("()v", "GOTO at 0", "a jump to 7, where no instruction begins"),
          EVIL("()v static", ".byte 0x60 14 0 0 0\nLCONST 0xc0c0c0c0c0\nRETURN") },
        { "a jump into itself", EVIL("()v static", ".byte 0x60 1 0 0 0\nRETURN"),
          F("()v", "GOTO at 0", "a jump to 1, where no instruction begins"),
          EVIL("()v static", ".byte 0x60 0 0 0 0\nRETURN") },
        { "a jump to the end", EVIL("()v static", ".byte 0x60 6 0 0 0\nRETURN"),
          F("()v", "GOTO at 0", "a jump to 6, where no instruction begins"),
          EVIL("()v static", ".byte 0x60 5 0 0 0\nRETURN") },
        { "a jump before the code",
          EVIL("()v static", "NOP\n.byte 0x60 0xfe 0xff 0xff 0xff\nRETURN"),
          F("()v", "GOTO at 1", "a jump to -1, where no instruction begins"),
          EVIL("()v static", "NOP\n.byte 0x60 0xff 0xff 0xff 0xff\nRETURN") },
        { "a jump that overflows",
          EVIL("()v static", "NOP\n.byte 0x60 0xff 0xff 0xff 0x7f\nRETURN"),
          F("()v", "GOTO at 1", "a jump to 2147483648, where no instruction begins"),
          EVIL("()v static", "NOP\n.byte 0x60 5 0 0 0\nRETURN") },
        { "a jump to before all memory", EVIL("()v static", ".byte 0x60 0 0 0 0x80\nRETURN"),
          F("()v", "GOTO at 0", "a jump to -2147483648, where no instruction begins"),
          EVIL("()v static", ".byte 0x60 5 0 0 0\nRETURN") },
        { "a case that jumps into its own table",
          EVIL("(i)v static", "ILOAD 0\n.byte 0x71 17 0 0 0 0 0 0 0 1 0 0 0 4 0 0 0\nRETURN"),
          F("(i)v", "TABLESWITCH at 3", "a jump to 7, where no instruction begins"),
          EVIL("(i)v static", "ILOAD 0\n.byte 0x71 17 0 0 0 0 0 0 0 1 0 0 0 17 0 0 0\nRETURN") },
        { "a table with more cases than bytes",
          EVIL("(i)v static", "ILOAD 0\n.byte 0x71 17 0 0 0 0 0 0 0 0 0 0 0x40 17 0 0 0\nRETURN"),
          F("(i)v", "TABLESWITCH at 3", "no instruction, or one that is cut off"),
          EVIL("(i)v static", "ILOAD 0\n.byte 0x71 17 0 0 0 0 0 0 0 1 0 0 0 17 0 0 0\nRETURN") },
        { "a lookup whose size overflows",
          EVIL("(i)v static", "ILOAD 0\n.byte 0x72 17 0 0 0 1 0 0 0x20 5 0 0 0 17 0 0 0\nRETURN"),
          F("(i)v", "LOOKUPSWITCH at 3", "no instruction, or one that is cut off"),
          EVIL("(i)v static", "ILOAD 0\n.byte 0x72 17 0 0 0 1 0 0 0 5 0 0 0 17 0 0 0\nRETURN") },
        { "cases behind the greatest int",
          EVIL("(i)v static", "ILOAD 0\nTABLESWITCH a 0x7fffffff a a\na:\nRETURN"),
          F("(i)v", "TABLESWITCH at 3", "its cases go on behind the greatest int"),
          EVIL("(i)v static", "ILOAD 0\nTABLESWITCH a 0x7ffffffe a a\na:\nRETURN") },
        { "keys that are not in order",
          EVIL("(i)v static", "ILOAD 0\nLOOKUPSWITCH a 5 a -5 a\na:\nRETURN"),
          F("(i)v", "LOOKUPSWITCH at 3", "its cases are not in ascending order"),
          EVIL("(i)v static", "ILOAD 0\nLOOKUPSWITCH a -5 a 5 a\na:\nRETURN") },
        { "off the end", EVIL("()v static", "NOP"),
          F("()v", "NOP at 0", "the method goes on behind its last instruction"),
          EVIL("()v static", "NOP\nRETURN") },
        { "off the end behind a call", EVIL("()v static", "INVOKESTATIC .vault count ()i"),
          F("()v", "INVOKESTATIC at 0", "the method goes on behind its last instruction"),
          EVIL("()v static", "INVOKESTATIC .vault count ()i\nRETURN") },
        { "off the end when a condition fails", EVIL("(i)v static", "a:\nILOAD 0\nIFEQ a"),
          F("(i)v", "IFEQ at 3", "the method goes on behind its last instruction"),
          EVIL("(i)v static", "a:\nILOAD 0\nIFEQ a\nRETURN") },
        { "an instruction that is cut off", EVIL("()v static", "RETURN\n.byte 0x04 1 2 3"),
          F("()v", "LCONST at 1", "no instruction, or one that is cut off"),
          EVIL("()v static", "RETURN\n.byte 0x04 1 2 3 4 5 6 7 8") },
        { "an opcode that nobody has", EVIL("()v static", "RETURN\n.byte 0x13"),
          F("()v", "? at 1", "no instruction, or one that is cut off"),
          EVIL("()v static", "RETURN\n.byte 0x12 0 0 0 0") },
        { "a superinstruction of the interpreter", EVIL("()v static", ".byte 0xe0\nRETURN"),
          F("()v", "? at 0", "no instruction, or one that is cut off"),
          EVIL("()v static", ".byte 0x00\nRETURN") }, )

/* ---- handlers ---- */

ATTACKS(
    handlers_are_entered_as_declared,
    { "a handler that wants more than the exception",
      EVIL("()v static", "a:\nNOP\nb:\nRETURN\nh:\nWPOP\nWPOP\nRETURN\n.catch a b h"),
      F("()v", "WPOP at 3", "not enough words on the stack"),
      EVIL("()v static", "a:\nNOP\nb:\nRETURN\nh:\nWPOP\nRETURN\n.catch a b h") },
    { "a handler that wants the raw values of the block",
      EVIL("()i static", "ICONST8 1\na:\nNOP\nb:\nRRETURN\nh:\nWPOP\nRRETURN\n.catch a b h"),
      F("()i", "RRETURN at 5", "not enough raw values on the stack"),
      EVIL("()i static",
           "ICONST8 1\na:\nNOP\nb:\nRRETURN\nh:\nWPOP\nICONST8 0\nRRETURN\n.catch a b h") },
    { "what was caught as something else",
      EVIL("()L.vault; static",
           "a:\nNOP\nb:\nWNULL\nWRETURN\nh:\nWRETURN\n.catch a b h .internal.error"),
      F("()L.vault;", "WRETURN at 3", "the result is .internal.error, and must be .vault"),
      EVIL("()L.internal.error; static",
           "a:\nNOP\nb:\nWNULL\nWRETURN\nh:\nWRETURN\n.catch a b h .internal.error") },
    { "a handler for all knows no class",
      EVIL("()L.internal.error; static", "a:\nNOP\nb:\nWNULL\nWRETURN\nh:\nWRETURN\n.catch a b h"),
      F("()L.internal.error;", "WRETURN at 3",
        "the result is .internal.object, and must be .internal.error"),
      EVIL("()w static", "a:\nNOP\nb:\nWNULL\nWRETURN\nh:\nWRETURN\n.catch a b h") },
    { "one handler for two classes",
      EVIL("()L.internal.error.null; static",
           "a:\nNOP\nb:\nNOP\nc:\nWNULL\nWRETURN\nh:\nWRETURN\n.catch a b h "
           ".internal.error.null\n.catch b c h .internal.error.cast"),
      F("()L.internal.error.null;", "WRETURN at 4",
        "the result is .internal.error, and must be .internal.error.null"),
      EVIL("()L.internal.error; static",
           "a:\nNOP\nb:\nNOP\nc:\nWNULL\nWRETURN\nh:\nWRETURN\n.catch a b h "
           ".internal.error.null\n.catch b c h .internal.error.cast") },
    { "a handler that is fallen into",
      EVIL("()v static", "a:\nNOP\nb:\nWPOP\nRETURN\n.catch a b b"),
      F("()v", "NOP at 0", "ways meet here with 1 words"),
      EVIL("()v static", "a:\nNOP\nWNULL\nb:\nWPOP\nRETURN\n.catch a b b") },
    { "a local that was set only at the end of the block",
      EVIL("()w static",
           "a:\nNOP\nWNULL\nWSTORE 3\nb:\nRETURN\nh:\nWLOAD 3\nWRETURN\n.catch a b h"),
      F("()w", "RETURN at 5", "the method returns something else"),
      EVIL("()w static",
           "WNULL\nWSTORE 3\na:\nNOP\nb:\nWNULL\nWRETURN\nh:\nWLOAD 3\nWRETURN\n.catch a b h") },
    { "a local whose class changes in the block",
      EVIL("(L.vault;w)L.vault; static",
           "a:\nNOP\nWLOAD 1\nWSTORE 0\nNOP\nb:\nWNULL\nWRETURN\nh:\nWLOAD 0\nWRETURN\n.catch a b "
           "h"),
      F("(L.vault;w)L.vault;", "WRETURN at 13",
        "the result is .internal.object, and must be .vault"),
      EVIL("(L.vault;L.cellar;)L.vault; static",
           "a:\nNOP\nWLOAD 1\nWSTORE 0\nNOP\nb:\nWNULL\nWRETURN\nh:\nWLOAD 0\nWRETURN\n.catch a b "
           "h") },
    { "a local that is an int, then a long, in the block",
      EVIL("(i)i static", "a:\nNOP\nLCONST 5\nLSTORE 0\nNOP\nb:\nICONST8 0\nRRETURN\nh:\nILOAD "
                          "0\nRRETURN\n.catch a b h"),
      F("(i)i", "ILOAD at 17", "raw local 0 does not hold a value of kind i"),
      EVIL("(i)i static", "a:\nNOP\nICONST 5\nISTORE 0\nNOP\nb:\nICONST8 0\nRRETURN\nh:\nILOAD "
                          "0\nRRETURN\n.catch a b h") },
    { "a handler that covers itself",
      EVIL("()v static", "a:\nNOP\nWNULL\nh:\nWLOAD 0\nWSTORE 0\nWPOP\nb:\nRETURN\n.catch a b h"),
      F("()v", "WLOAD at 2", "word local 0 is read before it is set"),
      EVIL("()v static", "a:\nNOP\nWNULL\nh:\nNOP\nWPOP\nb:\nRETURN\n.catch a b h") },
    { "no room for the exception",
      EVIL("()v static stack 0 0", "a:\nNOP\nb:\nRETURN\nh:\nRETURN\n.catch a b h"),
      F("()v", "NOP at 0", "a handler needs room for a word on the stack"),
      EVIL("()v static stack 1 0", "a:\nNOP\nb:\nRETURN\nh:\nRETURN\n.catch a b h") }, )

/* ---- what is others' ---- */

ATTACKS(
    private_members_are_out_of_reach,
    { "a field is read", EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD .vault gold i\nRRETURN"),
      F("(L.vault;)i", "GETFIELD at 3", "field gold of .vault is private"),
      EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD .vault open i\nRRETURN") },
    { "a field is written",
      EVIL("(L.vault;)v static", "WLOAD 0\nICONST8 9\nPUTFIELD .vault gold i\nRETURN"),
      F("(L.vault;)v", "PUTFIELD at 5", "field gold of .vault is private"),
      EVIL("(L.vault;)v static", "WLOAD 0\nICONST8 9\nPUTFIELD .vault open i\nRETURN") },
    { "a field is read by an heir", HEIR("()i", "WLOAD 0\nGETFIELD .vault gold i\nRRETURN"),
      F("()i", "GETFIELD at 3", "field gold of .vault is private"),
      HEIR("()i", "WLOAD 0\nGETFIELD .vault open i\nRRETURN") },
    { "a field is read under the heir's name",
      HEIR("()i", "WLOAD 0\nGETFIELD .evil gold i\nRRETURN"),
      F("()i", "GETFIELD at 3", "field gold of .vault is private"),
      HEIR("()i", "WLOAD 0\nGETFIELD .evil open i\nRRETURN") },
    { "a field is read by a class inside",
      "class .vault.evil extends .vault\nmethod f ()w\nWLOAD 0\nGETFIELD .vault key "
      "L.internal.string;\nWRETURN\nend\n",
      "in class .vault.evil, method f()w, line 0 (GETFIELD at 3): field key of .vault is private",
      "class .vault.evil extends .vault\nmethod f ()w\nWLOAD 0\nGETFIELD .vault shelf "
      "[L.vault;\nWRETURN\nend\n" },
    { "a static field is read", EVIL("()i static", "GETSTATIC .vault mint i\nRRETURN"),
      F("()i", "GETSTATIC at 0", "field mint of .vault is private"),
      EVIL("()i static", "GETSTATIC .vault coin i\nRRETURN") },
    { "a static field is written", HEIR("()v static", "ICONST8 1\nPUTSTATIC .evil mint i\nRETURN"),
      F("()v", "PUTSTATIC at 2", "field mint of .vault is private"),
      "class .evil extends .vault\nfield mint i static\nmethod f ()v static\nICONST8 1\nPUTSTATIC "
      ".evil mint i\nRETURN\nend\n" },
    { "a method is called",
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault unlock ()i\nRRETURN"),
      F("(L.vault;)i", "INVOKEVIRTUAL at 3", "method unlock of .vault is private"),
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
    { "a method is called as super's",
      HEIR("()i", "WLOAD 0\nINVOKESPECIAL .vault unlock ()i\nRRETURN"),
      F("()i", "INVOKESPECIAL at 3", "method unlock of .vault is private"),
      HEIR("()i", "WLOAD 0\nINVOKESPECIAL .vault look ()i\nRRETURN") },
    { "a method is called under the heir's name",
      HEIR("()i", "WLOAD 0\nINVOKESPECIAL .evil unlock ()i\nRRETURN"),
      F("()i", "INVOKESPECIAL at 3", "method unlock of .vault is private"),
      HEIR("()i", "WLOAD 0\nINVOKESPECIAL .evil look ()i\nRRETURN") },
    { "a static method is called", EVIL("()i static", "INVOKESTATIC .vault press ()i\nRRETURN"),
      F("()i", "INVOKESTATIC at 0", "method press of .vault is private"),
      EVIL("()i static", "INVOKESTATIC .vault count ()i\nRRETURN") },
    { "a private method as an interface's",
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEINTERFACE .vault unlock ()i\nRRETURN"),
      F("(L.vault;)i", "INVOKEINTERFACE at 3", "method unlock of .vault is private"),
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
    { "a constructor",
      EVIL("()w static", "NEW .vault\nWDUP\nICONST8 1\nINVOKESPECIAL .vault <new> (i)v\nWRETURN"),
      F("()w", "INVOKESPECIAL at 6", "method <new> of .vault is private"),
      EVIL("()w static", "NEW .vault\nWDUP\nINVOKESPECIAL .vault <new> ()v\nWRETURN") },
    { "a constructor from an heir's",
      "class .evil extends .vault\nmethod <new> ()v\nWLOAD 0\nICONST8 1\nINVOKESPECIAL .vault "
      "<new> (i)v\nRETURN\nend\n",
      "in class .evil, method <new>()v, line 0 (INVOKESPECIAL at 5): method <new> of .vault is "
      "private",
      "class .evil extends .vault\nmethod <new> ()v\nWLOAD 0\nINVOKESPECIAL .vault <new> "
      "()v\nRETURN\nend\n" },
    { "a constructor that is inherited",
      HEIR("()w static", "NEW .evil\nWDUP\nINVOKESPECIAL .evil <new> ()v\nWRETURN"),
      "in class .evil, method f, line 0: unknown method .evil.<new>()v",
      HEIR("()w static", "NEW .evil\nWDUP\nINVOKESPECIAL .vault <new> ()v\nWRETURN") },
    { "a final field is set",
      EVIL("(L.vault;)v static", "WLOAD 0\nICONST8 9\nPUTFIELD .vault seal i\nRETURN"),
      F("(L.vault;)v", "PUTFIELD at 5", "field seal of .vault is final"),
      EVIL("(L.vault;)v static", "WLOAD 0\nICONST8 9\nPUTFIELD .vault open i\nRETURN") },
    { "a final field is set by an heir's constructor",
      "class .evil extends .vault\nmethod <new> ()v\nWLOAD 0\nICONST8 1\nPUTFIELD .vault seal "
      "i\nRETURN\nend\n",
      "in class .evil, method <new>()v, line 0 (PUTFIELD at 5): field seal of .vault is final",
      "class .evil extends .vault\nfield seal i final\nmethod <new> ()v\nWLOAD 0\nICONST8 "
      "1\nPUTFIELD .evil seal i\nRETURN\nend\n" },
    { "a final static field is set by another's initialisation",
      "class .evil extends .vault\nmethod <static> ()v static\nICONST8 1\nPUTSTATIC .vault coin "
      "i\nRETURN\nend\n",
      "in class .evil, method <static>()v, line 0 (PUTSTATIC at 2): field coin of .vault is final",
      "class .evil extends .vault\nfield coin i final static\nmethod <static> ()v static\nICONST8 "
      "1\nPUTSTATIC .evil coin i\nRETURN\nend\n" }, )

/* ---- types ---- */

ATTACKS(
    types_are_not_confused,
    { "an object as another", EVIL("(L.shed;)L.vault; static", "WLOAD 0\nWRETURN"),
      F("(L.shed;)L.vault;", "WRETURN at 3", "the result is .shed, and must be .vault"),
      EVIL("(L.shed;)L.vault; static", "WLOAD 0\nCHECKCAST .vault\nWRETURN") },
    { "an object above as one below", EVIL("(L.vault;)L.cellar; static", "WLOAD 0\nWRETURN"),
      F("(L.vault;)L.cellar;", "WRETURN at 3", "the result is .vault, and must be .cellar"),
      EVIL("(L.cellar;)L.vault; static", "WLOAD 0\nWRETURN") },
    { "an interface as a class", EVIL("(L.talker;)L.vault; static", "WLOAD 0\nWRETURN"),
      F("(L.talker;)L.vault;", "WRETURN at 3", "the result is .talker, and must be .vault"),
      EVIL("(L.talker;)L.number; static", "WLOAD 0\nWRETURN") },
    { "through an interface by a cast",
      EVIL("(w)L.vault; static", "WLOAD 0\nCHECKCAST .talker\nWRETURN"),
      F("(w)L.vault;", "WRETURN at 6", "the result is .talker, and must be .vault"),
      EVIL("(w)L.vault; static", "WLOAD 0\nCHECKCAST .vault\nWRETURN") },
    { "a field of an interface's object",
      EVIL("(L.talker;)i static", "WLOAD 0\nGETFIELD .vault open i\nRRETURN"),
      F("(L.talker;)i", "GETFIELD at 3", "open of .vault is asked of .talker"),
      EVIL("(L.cellar;)i static", "WLOAD 0\nGETFIELD .vault open i\nRRETURN") },
    { "a virtual call of an interface's object",
      EVIL("(L.talker;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN"),
      F("(L.talker;)i", "INVOKEVIRTUAL at 3", "look of .vault is asked of .talker"),
      EVIL("(L.cellar;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
    { "a virtual call of an interface's method",
      EVIL("(w)i static", "WLOAD 0\nICONST8 1\nINVOKEVIRTUAL .talker talk (i)i\nRRETURN"),
      F("(w)i", "INVOKEVIRTUAL at 5", "method talk is of interface .talker"),
      EVIL("(w)i static", "WLOAD 0\nICONST8 1\nINVOKEINTERFACE .talker talk (i)i\nRRETURN") },
    { "an interface call of a class's method",
      EVIL("(w)i static", "WLOAD 0\nINVOKEINTERFACE .vault look ()i\nRRETURN"),
      F("(w)i", "INVOKEINTERFACE at 3", "method look is of no interface, but of .vault"),
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
    { "another's method as super's",
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKESPECIAL .vault look ()i\nRRETURN"),
      F("(L.vault;)i", "INVOKESPECIAL at 3", ".vault is neither this class nor above it"),
      HEIR("()i", "WLOAD 0\nINVOKESPECIAL .vault look ()i\nRRETURN") },
    { "super's method of another object",
      HEIR("(L.cellar;)i", "WLOAD 1\nINVOKESPECIAL .vault look ()i\nRRETURN"),
      F("(L.cellar;)i", "INVOKESPECIAL at 3", "look of .evil is asked of .cellar"),
      HEIR("(L.evil;)i", "WLOAD 1\nINVOKESPECIAL .vault look ()i\nRRETURN") },
    { "an interface's method that is not implemented, as super's",
      EVIL("()i", "WLOAD 0\nINVOKESPECIAL .number give ()i\nRRETURN"),
      F("()i", "INVOKESPECIAL at 3", ".number is neither this class nor above it"),
      "class .evil extends .internal.object implements .number\nmethod f ()i\nWLOAD "
      "0\nINVOKESPECIAL .number give ()i\nRRETURN\nend\n" },
    { "an abstract method as super's",
      "class .evil extends .idea\nmethod think ()i\nWLOAD 0\nINVOKESPECIAL .idea think "
      "()i\nRRETURN\nend\n",
      "in class .evil, method think()i, line 0 (INVOKESPECIAL at 3): method think of .idea is "
      "abstract or static",
      "class .evil extends .idea\nmethod think ()i\nWLOAD 0\nINVOKEVIRTUAL .idea think "
      "()i\nRRETURN\nend\n" },
    { "a constructor of another object",
      EVIL("(L.shed;)v static", "WLOAD 0\nINVOKESPECIAL .vault <new> ()v\nRETURN"),
      F("(L.shed;)v", "INVOKESPECIAL at 3", "<new> of .vault is asked of .shed"),
      EVIL("(L.cellar;)v static", "WLOAD 0\nINVOKESPECIAL .vault <new> ()v\nRETURN") },
    { "an argument of another class",
      EVIL("(L.shed;)v static", "WLOAD 0\nINVOKESTATIC .evil f (L.vault;)v\nRETURN\nend\nmethod f "
                                "(L.vault;)v static\nRETURN"),
      F("(L.shed;)v", "INVOKESTATIC at 3", "an argument is .shed, and must be L.vault;"),
      EVIL("(L.cellar;)v static", "WLOAD 0\nINVOKESTATIC .evil f (L.vault;)v\nRETURN\nend\nmethod "
                                  "f (L.vault;)v static\nRETURN") },
    { "a field of another class",
      EVIL("(L.vault;[w)v static", "WLOAD 0\nWLOAD 1\nPUTFIELD .vault shelf [L.vault;\nRETURN"),
      F("(L.vault;[w)v", "PUTFIELD at 6", "shelf is [w, and must be [L.vault;"),
      EVIL("(L.vault;[L.cellar;)v static",
           "WLOAD 0\nWLOAD 1\nPUTFIELD .vault shelf [L.vault;\nRETURN") },
    { "one way a vault, the other a shed",
      EVIL("(iL.vault;L.shed;)L.vault; static",
           "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nWRETURN"),
      F("(iL.vault;L.shed;)L.vault;", "WRETURN at 19",
        "the result is .internal.object, and must be .vault"),
      EVIL("(iL.vault;L.cellar;)L.vault; static",
           "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nWRETURN") },
    { "a vault the first time around, then a shed",
      EVIL("(iL.vault;L.shed;)i static",
           "loop:\nWLOAD 0\nGETFIELD .vault open i\nRPOP\nWLOAD 1\nWSTORE 0\nGOTO loop"),
      F("(iL.vault;L.shed;)i", "GETFIELD at 3", "open of .vault is asked of .internal.object"),
      EVIL("(iL.vault;L.cellar;)i static",
           "loop:\nWLOAD 0\nGETFIELD .vault open i\nRPOP\nWLOAD 1\nWSTORE 0\nGOTO loop") },
    { "an array of sheds and one of vaults",
      EVIL("(i[L.vault;[L.shed;)L.vault; static",
           "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nICONST8 0\nWALOAD\nWRETURN"),
      F("(i[L.vault;[L.shed;)L.vault;", "WRETURN at 22",
        "the result is .internal.object, and must be .vault"),
      EVIL("(i[L.vault;[L.cellar;)L.vault; static",
           "ILOAD 0\nIFEQ a\nWLOAD 0\nGOTO b\na:\nWLOAD 1\nb:\nICONST8 0\nWALOAD\nWRETURN") },
    { "an array of objects as one of vaults", EVIL("([w)[L.vault; static", "WLOAD 0\nWRETURN"),
      F("([w)[L.vault;", "WRETURN at 3", "the result is [w, and must be [L.vault;"),
      EVIL("([L.vault;)[w static", "WLOAD 0\nWRETURN") },
    { "an array of arrays of ints as one of longs", EVIL("([[i)[[l static", "WLOAD 0\nWRETURN"),
      F("([[i)[[l", "WRETURN at 3", "the result is [[i, and must be [[l"),
      EVIL("([[i)[w static", "WLOAD 0\nWRETURN") },
    { "ints as objects", EVIL("([i)[w static", "WLOAD 0\nWRETURN"),
      F("([i)[w", "WRETURN at 3", "the result is [i, and must be [w"),
      EVIL("([[i)[w static", "WLOAD 0\nWRETURN") },
    { "ints as objects of an interface", EVIL("([i)[L.talker; static", "WLOAD 0\nWRETURN"),
      F("([i)[L.talker;", "WRETURN at 3", "the result is [i, and must be [L.talker;"),
      EVIL("([[i)[L.talker; static", "WLOAD 0\nWRETURN") },
    { "interfaces' objects as vaults, through arrays",
      EVIL("([L.talker;)L.vault; static", "WLOAD 0\nICONST8 0\nWALOAD\nWRETURN"),
      F("([L.talker;)L.vault;", "WRETURN at 6", "the result is .talker, and must be .vault"),
      EVIL("([L.cellar;)L.vault; static", "WLOAD 0\nICONST8 0\nWALOAD\nWRETURN") },
    { "an element of a vault", EVIL("(L.vault;)w static", "WLOAD 0\nICONST8 0\nWALOAD\nWRETURN"),
      F("(L.vault;)w", "WALOAD at 5", ".vault is not the array that it needs"),
      EVIL("([L.vault;)w static", "WLOAD 0\nICONST8 0\nWALOAD\nWRETURN") },
    { "a local that is set on one way",
      EVIL("(i)w static", "ILOAD 0\nIFEQ a\nWNULL\nWSTORE 0\na:\nWLOAD 0\nWRETURN"),
      F("(i)w", "WLOAD at 12", "word local 0 is read before it is set"),
      EVIL("(iw)w static", "ILOAD 0\nIFEQ a\nWNULL\nWSTORE 0\na:\nWLOAD 0\nWRETURN") },
    { "a raw local that was never set", EVIL("()l static", "LLOAD 3\nRRETURN"),
      F("()l", "LLOAD at 0", "raw local 3 does not hold a value of kind l"),
      EVIL("()l static", "LCONST 1\nLSTORE 3\nLLOAD 3\nRRETURN") },
    { "a raw local that is counted up unset", EVIL("()v static", "IINC 3 1\nRETURN"),
      F("()v", "IINC at 0", "raw local 3 does not hold a value of kind i"),
      EVIL("(iiii)v static", "IINC 3 1\nRETURN") },
    { "an object of an abstract class", EVIL("()w static", "NEW .idea\nWRETURN"),
      F("()w", "NEW at 0", ".idea is abstract"), EVIL("()w static", "NEW .shed\nWRETURN") },
    { "an object of an interface", EVIL("()w static", "NEW .talker\nWRETURN"),
      F("()w", "NEW at 0", ".talker is abstract"), EVIL("()w static", "NEW .whole\nWRETURN") },
    { "a thread without a stack", EVIL("()w static", "NEW .internal.thread\nWRETURN"),
      F("()w", "NEW at 0", "only the machine makes objects of .internal.thread"),
      EVIL("()w static", "NEW .internal.object\nWRETURN") },
    { "an int that is a class", EVIL("()w static", "NEW .internal.int\nWRETURN"),
      F("()w", "NEW at 0", "only the machine makes objects of .internal.int"),
      EVIL("()w static", "NEW .internal.error\nWRETURN") },
    { "an array without a length", EVIL("()w static", "NEW [L.vault;\nWRETURN"),
      F("()w", "NEW at 0", "only the machine makes objects of [L.vault;"),
      EVIL("()w static", "ICONST8 1\nNEWARRAY [L.vault;\nWRETURN") },
    { "an array of a class that is none", EVIL("()w static", "ICONST8 1\nNEWARRAY .vault\nWRETURN"),
      F("()w", "NEWARRAY at 2", ".vault has not so many dimensions"),
      EVIL("()w static", "ICONST8 1\nNEWARRAY [L.vault;\nWRETURN") },
    { "more dimensions than the type",
      EVIL("()w static", "ICONST8 1\nICONST8 1\nMULTINEWARRAY [i 2\nWRETURN"),
      F("()w", "MULTINEWARRAY at 4", "[i has not so many dimensions"),
      EVIL("()w static", "ICONST8 1\nICONST8 1\nMULTINEWARRAY [[i 2\nWRETURN") },
    { "nothing is returned where something is", EVIL("()w static", "RETURN"),
      F("()w", "RETURN at 0", "the method returns something else"),
      EVIL("()w static", "WNULL\nWRETURN") }, )

/* ---- the constant pool ---- */

ATTACKS(
    constants_are_of_their_kind,
    { "a class as a field", EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD #4\nRRETURN"),
      "entry 4 of the pool is not what it needs",
      EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD .vault open i\nRRETURN") },
    { "entry 0", EVIL("()w static", "WCONST #0\nWRETURN"),
      F("()w", "WCONST at 0", "entry 0 of the pool is not what it needs"),
      EVIL("()w static", "WCONST \"x\"\nWRETURN") },
    { "an entry behind the last", EVIL("()w static", "NEW #65535\nWRETURN"),
      F("()w", "NEW at 0", "entry 65535 of the pool is not what it needs"),
      EVIL("()w static", "NEW .vault\nWRETURN") },
    { "bare text as a constant", EVIL("()w static", "WCONST #1\nWRETURN"),
      F("()w", "WCONST at 0", "entry 1 of the pool is not what it needs"),
      EVIL("()w static", "WCONST class .vault\nWRETURN") },
    { "a constant of another class", EVIL("()L.internal.string; static", "WCONST int 5\nWRETURN"),
      F("()L.internal.string;", "WRETURN at 3",
        "the result is .internal.int, and must be .internal.string"),
      EVIL("()L.internal.int; static", "WCONST int 5\nWRETURN") },
    { "a class as an object of it", EVIL("()L.vault; static", "WCONST class .vault\nWRETURN"),
      F("()L.vault;", "WRETURN at 3", "the result is .internal.class, and must be .vault"),
      EVIL("()L.internal.class; static", "WCONST class .vault\nWRETURN") },
    { "a Boolean that is 2", EVIL("()w static", "WCONST bool 2\nWRETURN"),
      "a Boolean constant is neither 0 nor 1", EVIL("()w static", "WCONST bool 1\nWRETURN") },
    { "a code point that is none", EVIL("()w static", "WCONST point 0x110000\nWRETURN"),
      "a constant is no code point", EVIL("()w static", "WCONST point 0x10ffff\nWRETURN") },
    { "a negative number of a method", EVIL("(w)w static", "WLOAD 0\nINVOKENUMBER -1 0\nWRETURN"),
      F("(w)w", "INVOKENUMBER at 3", "a method number is negative"),
      EVIL("(w)w static", "WLOAD 0\nINVOKENUMBER 1 0\nWRETURN") },
    { "static initialisation by name",
      EVIL("(w)w static", "WLOAD 0\nINVOKENAME <static> 0\nWRETURN"),
      F("(w)w", "INVOKENAME at 3", "<static> cannot be called by name"),
      EVIL("(w)w static", "WLOAD 0\nINVOKENAME look 0\nWRETURN") },
    { "static initialisation as a method",
      "class .evil extends .internal.object\nmethod <static> ()v static\nRETURN\nend\nmethod f ()v "
      "static\nINVOKESTATIC .evil <static> ()v\nRETURN\nend\n",
      F("()v", "INVOKESTATIC at 0", "<static> is only for INVOKESPECIAL"),
      "class .evil extends .internal.object\nmethod g ()v static\nRETURN\nend\nmethod f ()v "
      "static\nINVOKESTATIC .evil g ()v\nRETURN\nend\n" },
    { "static initialisation as super's",
      "class .evil extends .internal.object\nmethod <static> ()v static\nRETURN\nend\nmethod f "
      "()v\nWLOAD 0\nINVOKESPECIAL .evil <static> ()v\nRETURN\nend\n",
      F("()v", "INVOKESPECIAL at 3", "method <static> of .evil is abstract or static"),
      "class .evil extends .internal.object\nmethod g ()v\nRETURN\nend\nmethod f ()v\nWLOAD "
      "0\nINVOKESPECIAL .evil g ()v\nRETURN\nend\n" },
    { "an instance's field as a static one", EVIL("()i static", "GETSTATIC .vault open i\nRRETURN"),
      F("()i", "GETSTATIC at 0", "field open of .vault is not static"),
      EVIL("()i static", "GETSTATIC .vault coin i\nRRETURN") },
    { "a static field as an instance's",
      EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD .vault coin i\nRRETURN"),
      F("(L.vault;)i", "GETFIELD at 3", "field coin of .vault is static"),
      EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD .vault open i\nRRETURN") },
    { "a field under another type",
      EVIL("(L.vault;)l static", "WLOAD 0\nGETFIELD .vault open l\nRRETURN"),
      "in class .evil, method f, line 0: unknown field .vault.open of type l",
      EVIL("(L.vault;)i static", "WLOAD 0\nGETFIELD .vault open i\nRRETURN") },
    { "a method under another signature",
      EVIL("(L.vault;)l static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()l\nRRETURN"),
      "in class .evil, method f, line 0: unknown method .vault.look()l",
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
    { "a static method of an object",
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault count ()i\nRRETURN"),
      F("(L.vault;)i", "INVOKEVIRTUAL at 3", "method count of .vault is static"),
      EVIL("(L.vault;)i static", "WLOAD 0\nINVOKEVIRTUAL .vault look ()i\nRRETURN") },
    { "an object's method without one", EVIL("()i static", "INVOKESTATIC .vault look ()i\nRRETURN"),
      F("()i", "INVOKESTATIC at 0", "method look of .vault is not static"),
      EVIL("()i static", "INVOKESTATIC .vault count ()i\nRRETURN") },
    { "an operator that nobody has",
      EVIL("(w)w static", "WLOAD 0\nWLOAD 0\nDYN_BINARY 255\nWRETURN"),
      F("(w)w", "DYN_BINARY at 6", "operand 255"),
      EVIL("(w)w static", "WLOAD 0\nWLOAD 0\nDYN_BINARY 0\nWRETURN") }, )

/* ---- classes and descriptors ---- */

ATTACKS(
    classes_keep_the_order,
    { "an override that returns an int for an object",
      "class .evil extends .vault\nmethod twin ()i\nICONST8 1\nRRETURN\nend\n",
      "in class .evil: method twin()i overrides twin()L.vault; of .vault, but returns something "
      "else",
      "class .evil extends .vault\nmethod twin ()L.evil;\nWLOAD 0\nWRETURN\nend\n" },
    { "an override that returns a class above",
      "class .evil extends .vault\nmethod twin ()w\nWLOAD 0\nWRETURN\nend\n",
      "in class .evil: method twin()w overrides twin()L.vault; of .vault, but returns something "
      "else",
      "class .evil extends .vault\nmethod twin ()L.vault;\nWLOAD 0\nWRETURN\nend\n" },
    { "an override that returns an interface for a class",
      "class .evil extends .vault\nmethod twin ()L.talker;\nWLOAD 0\nWRETURN\nend\n",
      "in class .evil: method twin()L.talker; overrides twin()L.vault; of .vault, but returns "
      "something else",
      "class .evil extends .vault\nmethod twin ()L.cellar;\nWNULL\nWRETURN\nend\n" },
    { "an override of a final method", "class .evil extends .vault\nmethod shut ()v\nRETURN\nend\n",
      "in class .evil: method shut()v overrides one of .vault that is final",
      "class .evil extends .vault\nmethod shut (i)v\nRETURN\nend\n" },
    { "a static method in the place of another",
      "class .evil extends .vault\nmethod look ()i static\nICONST8 1\nRRETURN\nend\n",
      "in class .evil: method look()i hides a method of a super class that is neither static nor "
      "private",
      "class .evil extends .vault\nmethod count ()i static\nICONST8 1\nRRETURN\nend\n" },
    { "an heir of a final class", "class .evil extends .sealed\n",
      "in class .evil: it cannot extend .sealed, which is final", "class .evil extends .vault\n" },
    { "an heir of the machine's", "class .evil extends .internal.string\n",
      "in class .evil: it cannot extend .internal.string, which is made by the machine",
      "class .evil extends .internal.error\n" },
    { "an heir of an array", "class .evil extends [i\n",
      "in class .evil: it cannot extend [i, which is made by the machine",
      "class .evil extends .internal.object\n" },
    { "an heir of an interface", "class .evil extends .talker\n",
      "in class .evil: it cannot extend .talker, which is an interface",
      "class .evil extends .internal.object abstract implements .talker\n" },
    { "a class that implements a class", "class .evil extends .internal.object implements .vault\n",
      "in class .evil: .vault is not an interface",
      "class .evil extends .internal.object implements .number\n" },
    { "a class above itself", "class .evil extends .worse\nclass .worse extends .evil\n",
      "it is its own super",
      "class .evil extends .worse\nclass .worse extends .internal.object\n" },
    { "an interface above itself",
      "class .evil extends .internal.object interface implements .evil\n",
      "in class .evil: it is its own super",
      "class .evil extends .internal.object interface implements .talker\n" },
    { "a class without a super", "class .evil\n", "in class .evil: it has no super class",
      "class .evil extends .internal.object\n" },
    { "a name of the library", "class .internal.error extends .internal.object\n",
      "in class .internal.error: there is a class of this name already",
      "class .internal.evil extends .internal.object\n" },
    { "a name that is taken: a class is exchanged",
      "class .vault extends .internal.object\nfield gold i\n",
      "in class .vault: there is a class of this name already",
      "class .evil extends .internal.object\nfield gold i\n" },
    { "two classes of one name",
      "class .evil extends .internal.object\nclass .evil extends .vault\n",
      "in class .evil: there is a class of this name already",
      "class .evil extends .internal.object\nclass .worse extends .vault\n" },
    { "an interface that is not implemented",
      "class .evil extends .internal.object implements .talker\n",
      "in class .evil: method talk(i)i of interface .talker is missing",
      "class .evil extends .internal.object implements .talker\nmethod talk (i)i\nICONST8 "
      "1\nRRETURN\nend\n" },
    { "an interface's method that returns another thing",
      "class .evil extends .internal.object implements .talker\nmethod talk "
      "(i)w\nWNULL\nWRETURN\nend\n",
      "in class .evil: method talk(i)w does not return what (i)i of interface .talker does",
      "class .evil extends .internal.object implements .talker\nmethod talk (i)i\nICONST8 "
      "1\nRRETURN\nend\n" },
    { "an inherited method that returns another thing",
      "class .worse extends .internal.object\nmethod talk (i)w\nWNULL\nWRETURN\nend\nclass .evil "
      "extends .worse implements .talker\n",
      "in class .evil: method talk(i)w does not return what (i)i of interface .talker does",
      "class .worse extends .internal.object\nmethod talk (i)i\nICONST8 1\nRRETURN\nend\nclass "
      ".evil extends .worse implements .talker\n" },
    { "an abstract class leaves it to those below",
      "class .worse extends .internal.object abstract implements .talker\nclass .evil extends "
      ".worse\nmethod talk (i)w\nWNULL\nWRETURN\nend\n",
      "in class .evil: method talk(i)w does not return what (i)i of interface .talker does",
      "class .worse extends .internal.object abstract implements .talker\nclass .evil extends "
      ".worse\nmethod talk (i)i\nICONST8 1\nRRETURN\nend\n" },
    { "a default that takes another's place and returns another thing",
      "class .evil extends .internal.object implements .number .object\n",
      "in class .evil: method give()w does not return what ()i of interface .number does",
      "class .evil extends .internal.object implements .number\n" },
    { "a default that does so below", "class .evil extends .whole implements .object\n",
      "in class .evil: method give()w does not return what ()i of interface .number does",
      "class .evil extends .whole implements .number\n" },
    { "an abstract method in a class that is not",
      "class .evil extends .internal.object\nmethod f ()v abstract\n",
      "in class .evil: method f()v is abstract in a class that is not",
      "class .evil extends .internal.object abstract\nmethod f ()v abstract\n" },
    { "a constructor that is static",
      "class .evil extends .internal.object\nmethod <new> ()v static\nRETURN\nend\n",
      "in class .evil: method <new>()v must be a method of an object and return nothing",
      "class .evil extends .internal.object\nmethod <new> ()v\nRETURN\nend\n" },
    { "a constructor that returns",
      "class .evil extends .internal.object\nmethod <new> ()w\nWNULL\nWRETURN\nend\n",
      "in class .evil: method <new>()w must be a method of an object and return nothing",
      "class .evil extends .internal.object\nmethod <new> (w)v\nRETURN\nend\n" },
    { "static initialisation that takes arguments",
      "class .evil extends .internal.object\nmethod <static> (i)v static\nRETURN\nend\n",
      "in class .evil: method <static>(i)v must be static, of signature ()v",
      "class .evil extends .internal.object\nmethod <static> ()v static\nRETURN\nend\n" },
    { "a name of the machine's own",
      "class .evil extends .internal.object\nmethod <evil> ()v\nRETURN\nend\n",
      "in class .evil: method <evil>()v has a name that is kept for the machine",
      "class .evil extends .internal.object\nmethod evil ()v\nRETURN\nend\n" },
    { "two methods of one descriptor",
      "class .evil extends .internal.object\nmethod f ()v\nRETURN\nend\nmethod f ()i\nICONST8 "
      "1\nRRETURN\nend\n",
      "in class .evil: method f()i is declared twice",
      "class .evil extends .internal.object\nmethod f ()v\nRETURN\nend\nmethod f (i)i\nICONST8 "
      "1\nRRETURN\nend\n" },
    { "a method with another's number",
      "class .evil extends .internal.object\nmethod f ()v ordinal 1\nRETURN\nend\nmethod g ()v "
      "ordinal 1\nRETURN\nend\n",
      "in class .evil: methods f()v and g()v both have number 1",
      "class .evil extends .internal.object\nmethod f ()v ordinal 1\nRETURN\nend\nmethod g ()v "
      "ordinal 2\nRETURN\nend\n" },
    { "a number that makes a huge table",
      "class .evil extends .internal.object\nmethod f ()v ordinal 65000\nRETURN\nend\n",
      "in class .evil: method f()v has too large a number",
      "class .evil extends .internal.object\nmethod f ()v ordinal 4095\nRETURN\nend\n" },
    { "a private method with a number",
      "class .evil extends .internal.object\nmethod f ()v private ordinal 1\nRETURN\nend\n",
      "in class .evil: method f()v cannot have a number",
      "class .evil extends .internal.object\nmethod f ()v ordinal 1\nRETURN\nend\n" },
    { "a primitive", "class .evil extends .internal.object\nmethod f ()i primitive 2\n",
      "in class .evil: method f is a primitive, and only the class library may have these",
      EVIL("()i", "ICONST8 1\nRRETURN") },
    { "a field of an interface's objects",
      "class .evil extends .internal.object interface\nfield x i\n",
      "in class .evil: an interface has no fields of its objects",
      "class .evil extends .internal.object interface\nfield x i static\n" },
    { "no room for the arguments", EVIL("(www)v static locals 2 0", "RETURN"),
      "in class .evil, method f(www)v: there is no room for its arguments",
      EVIL("(www)v static locals 3 0", "RETURN") },
    { "no room for the receiver", EVIL("(w)v locals 1 0", "RETURN"),
      "in class .evil, method f(w)v: there is no room for its arguments",
      EVIL("(w)v locals 2 0", "RETURN") },
    { "a frame that is huge", EVIL("()v static locals 65535 65535 stack 65535 65535", "RETURN"),
      "in class .evil, method f()v: its frame is too large",
      EVIL("()v static locals 4096 4096 stack 4096 4096", "RETURN") },
    { "a type that nobody knows", EVIL("(L.nobody;)v static", "RETURN"),
      "in class .evil: f has a type that nobody knows: L.nobody;",
      EVIL("(L.vault;)v static", "RETURN") },
    { "a field of a type that nobody knows",
      "class .evil extends .internal.object\nfield x [[L.nobody;\n",
      "in class .evil: x has a type that nobody knows: [[L.nobody;",
      "class .evil extends .internal.object\nfield x [[L.vault;\n" }, )

ATTACKS(descriptors_are_well_formed,
        { "nothing as an argument", EVIL("(v)v static", "RETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("(i)v static", "RETURN") },
        { "no result", EVIL("(i) static", "RETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("(i)v static", "RETURN") },
        { "two results", EVIL("()ii static", "ICONST8 1\nRRETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("()i static", "ICONST8 1\nRRETURN") },
        { "a class without an end", EVIL("(L.vault)v static", "RETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("(L.vault;)v static", "RETURN") },
        { "an array of nothing", EVIL("([)v static", "RETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("([i)v static", "RETURN") },
        { "an array of no results", EVIL("()[v static", "WNULL\nWRETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("()[w static", "WNULL\nWRETURN") },
        { "a class name that is an array", EVIL("(L[i;)v static", "RETURN"),
          "in class .evil, member f: the signature of a method is malformed",
          EVIL("([i)v static", "RETURN") },
        { "a field that is nothing", "class .evil extends .internal.object\nfield x v\n",
          "the type of a field is malformed", "class .evil extends .internal.object\nfield x w\n" },
        { "a field of two types", "class .evil extends .internal.object\nfield x ii\n",
          "the type of a field is malformed", "class .evil extends .internal.object\nfield x i\n" },
        { "a member of a malformed type",
          EVIL("(L.vault;)v static", "WLOAD 0\nGETFIELD .vault open v\nRETURN"),
          "the type of a field is malformed",
          EVIL("(L.vault;)v static", "WLOAD 0\nGETFIELD .vault open i\nRETURN") },
        { "a class name of dots", "class .evil..x extends .internal.object\n",
          "a class name is malformed", "class .evil.x extends .internal.object\n" },
        { "an array as a class of one's own", "class [L.evil; extends .internal.object\n",
          "it declares an array class", "class .evil extends .internal.object\n" }, )
/* ---- counts and indices ---- */

/* A field of a module's bytes, changed after it was made. */
struct forgery {
    const char *name;
    int at; /* below 0: from the end */
    unsigned bytes;
    uint32_t value;
    const char *refusal;
};

/* The last of its bytes are those of a class with one method of one byte. */
static const char forged[] = EVIL("()v static", "RETURN");

#define IN_F "in class .evil, member f: "

static const struct forgery forgeries[] = {
    { "more lines than bytes", -4, 4, UINT32_MAX, IN_F "it ends in the middle" },
    { "lines that overflow", -4, 4, 0x20000000, IN_F "it ends in the middle" },
    { "more handlers than bytes", -6, 2, 0xffff, IN_F "it ends in the middle" },
    { "more code than bytes", -11, 4, UINT32_MAX, "in class .evil: it ends in the middle" },
    { "code that ends before it begins", -11, 4, 0x80000000,
      "in class .evil: it ends in the middle" },
    { "no code", -11, 4, 0, IN_F "a method has no code" },
    { "a primitive with code", -25, 2, 0x28, IN_F "a method has code that it must not have" },
    { "an abstract method with code", -25, 2, 0x10,
      IN_F "a method has code that it must not have" },
    { "flags that nobody knows", -25, 2, 0x8008, IN_F "a method has unknown flags" },
    { "a signature that is no text", -27, 2, 0, "in class .evil: a method has no name" },
    { "a signature behind the pool", -27, 2, 0xffff, "in class .evil: a method has no name" },
    { "a name behind the pool", -29, 2, 0xffff, "in class .evil: a method has no name" },
    { "more methods than bytes", -31, 2, 0xffff, "in class .evil: it ends in the middle" },
    { "more fields than bytes", -33, 2, 0xffff, "in class .evil: it ends in the middle" },
    { "more interfaces than bytes", -35, 2, 0xffff, "it ends in the middle" },
    { "flags of a class that nobody knows", -37, 2, 0xff00,
      "in class .evil: a class has unknown flags" },
    { "a super behind the pool", -39, 2, 0xffff, "a class has no name or no super class" },
    { "a class behind the pool", -41, 2, 0xffff, "a class has no name or no super class" },
    { "more classes than bytes", -43, 2, 0xffff, "it ends in the middle" },
    { "a source behind the pool", 16, 2, 0xffff, "it does not name its source" },
    { "a class to start behind the pool", 18, 2, 0xffff, "the class to start is no class" },
    { "more entries than bytes", 20, 2, 0xffff, "it ends in the middle" },
    { "no pool", 20, 2, 0, "it has no constant pool" },
    { "an entry of a kind that nobody knows", 22, 1, 99, "an entry of an unknown kind" },
    { "a text that goes on behind all", 23, 4, UINT32_MAX, "it ends in the middle" },
};

START_TEST(counts_and_indices_are_within_bounds)
{
    struct assembled module = assemble(forged);
    ref_t app = load_application(++application_id);

    mistakes[0] = 0;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        const struct forgery *forgery = &forgeries[i];
        size_t at = (size_t)forgery->at + (forgery->at < 0 ? module.count : 0);
        struct attack attack = { .name = forgery->name };
        uint8_t was[4];

        memcpy(was, module.bytes + at, forgery->bytes);
        memcpy(module.bytes + at, &forgery->value, forgery->bytes);
        assemble_seal(&module);
        if (load_bytes(module.bytes, module.count, app) != ERR_CORRUPT)
            mistake(&attack, "accepted");
        else if (strstr(load_report, forgery->refusal) == NULL)
            mistake(&attack, "refused for something else");
        memcpy(module.bytes + at, was, forgery->bytes);
    }
    assemble_seal(&module);
    if (load_bytes(module.bytes, module.count, app) != OK)
        mistake(&(struct attack){ .name = "the control" }, "refused");
    assemble_free(&module);
    ck_assert_msg(mistakes[0] == 0, "%s", mistakes);
}
END_TEST

int
main(void)
{
    const TTest *const tests[] = {
        words_are_not_forged,
        stacks_are_not_left,
        code_is_not_left,
        handlers_are_entered_as_declared,
        private_members_are_out_of_reach,
        types_are_not_confused,
        constants_are_of_their_kind,
        classes_keep_the_order,
        descriptors_are_well_formed,
        counts_and_indices_are_within_bounds,
    };
    Suite *suite = suite_create("attack");
    TCase *tcase = tcase_create("attack");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, load_space_stop);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
