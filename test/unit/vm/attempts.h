/*
 * attempts.h - programs that try what no verifier can see, and the error that each must get: for
 * the test that each does, and for the fuzzer that goes on from them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdio.h>

#define HONEST  7  /* nothing was thrown, and the result is right */
#define REFUSED 13 /* the error that was to come */

struct attempt {
    const char *name;
    const char *attacker; /* classes that the attack needs */
    const char *honest;   /* the same without the attack */
    const char *attempt;  /* leaves an int, HONEST if all is well */
    const char *error;
};

static const char attempt_victims[] =
    "class .animal extends .internal.object\n"
    "class .dog extends .animal\n"
    "class .cat extends .animal\n"
    "class .talker extends .internal.object interface\n"
    "method talk (i)i abstract public\n"
    "class .breeder extends .internal.object interface\n"
    "method breed ()L.dog; abstract public\n"
    "class .vault extends .internal.object\n"
    "method <new> (i)v private locals 1 1 stack 0 0\n  RETURN\nend\n"
    "method unlock ()w private locals 1 0 stack 1 0\n  WNULL\n  WRETURN\nend\n"
    "class .idea extends .internal.object abstract\n"
    "method <new> ()v\n  RETURN\nend\n";

#define TALK  "NEW .evil\nICONST8 7\nINVOKEINTERFACE .talker talk (i)i\n"
#define TALKS "method talk (i)i locals 1 1 stack 0 1\nILOAD 0\nRRETURN\nend\n"
#define BREED                                                                                      \
    "NEW .evil\nINVOKEINTERFACE .breeder breed ()L.dog;\nINSTANCEOF .dog\nICONST8 6\nIADD\n"
#define BREEDS     "method breed ()L.dog; locals 1 0 stack 1 0\nNEW .dog\nWRETURN\nend\n"
#define EVIL_CLASS "class .evil extends .internal.object\n"
#define NO_METHOD  ".internal.error.no_method"
#define CAST       ".internal.error.cast"
#define NO_ACCESS  ".internal.error.access"

static const struct attempt attempts[] = {
    { "an interface's int is an object",
      EVIL_CLASS "method talk (i)w locals 1 1 stack 1 0\nWLOAD 0\nWRETURN\nend\n", EVIL_CLASS TALKS,
      TALK, NO_METHOD },
    { "an interface's int is a long",
      EVIL_CLASS "method talk (i)l locals 1 1 stack 0 1\nLCONST 7\nRRETURN\nend\n",
      EVIL_CLASS TALKS, TALK, NO_METHOD },
    { "an interface's int is nothing",
      EVIL_CLASS "method talk (i)v locals 1 1 stack 0 1\nRETURN\nend\n", EVIL_CLASS TALKS, TALK,
      NO_METHOD },
    { "an interface's int is a byte",
      EVIL_CLASS "method talk (i)b locals 1 1 stack 0 1\nICONST8 7\nRRETURN\nend\n",
      EVIL_CLASS TALKS, TALK, NO_METHOD },
    { "an interface's dog is a cat",
      EVIL_CLASS "method breed ()L.cat; locals 1 0 stack 1 0\nNEW .cat\nWRETURN\nend\n",
      EVIL_CLASS BREEDS, BREED, NO_METHOD },
    { "an interface's dog is any animal",
      EVIL_CLASS "method breed ()L.animal; locals 1 0 stack 1 0\nNEW .dog\nWRETURN\nend\n",
      "class .puppy extends .dog\n" EVIL_CLASS
      "method breed ()L.puppy; locals 1 0 stack 1 0\nNEW .puppy\nWRETURN\nend\n",
      BREED, NO_METHOD },
    { "an interface's dog is an int",
      EVIL_CLASS "method breed ()i locals 1 0 stack 0 1\nICONST8 7\nRRETURN\nend\n",
      EVIL_CLASS BREEDS, BREED, NO_METHOD },
    { "an interface's dog is an interface",
      EVIL_CLASS "method breed ()L.talker; locals 1 0 stack 1 0\nNEW .cat\nWRETURN\nend\n",
      EVIL_CLASS BREEDS, BREED, NO_METHOD },
    { "an interface's method is private",
      EVIL_CLASS "method talk (i)i private locals 1 1 stack 0 1\nILOAD 0\nRRETURN\nend\n",
      EVIL_CLASS TALKS, TALK, NO_METHOD },
    { "an interface's method is static",
      EVIL_CLASS "method talk (i)i static locals 0 1 stack 0 1\nILOAD 0\nRRETURN\nend\n",
      EVIL_CLASS TALKS, TALK, NO_METHOD },
    { "an interface's method is not there", EVIL_CLASS, EVIL_CLASS TALKS, TALK, NO_METHOD },
    { "a cat among dogs, through animals",
      "class .evil extends .internal.object\nmethod put ([L.animal;)v static\nWLOAD 0\nICONST8 "
      "0\nNEW .cat\nWASTORE\nRETURN\nend\n",
      "class .evil extends .internal.object\nmethod put ([L.animal;)v static\nWLOAD 0\nICONST8 "
      "0\nNEW .dog\nWASTORE\nRETURN\nend\n",
      "ICONST8 1\nNEWARRAY [L.dog;\nINVOKESTATIC .evil put ([L.animal;)v\nICONST8 7\n", CAST },
    { "a cat among dogs, through objects",
      "class .evil extends .internal.object\nmethod put ([w)v static\nWLOAD 0\nICONST8 0\nNEW "
      ".cat\nWASTORE\nRETURN\nend\n",
      "class .evil extends .internal.object\nmethod put ([w)v static\nWLOAD 0\nICONST8 "
      "0\nWNULL\nWASTORE\nRETURN\nend\n",
      "ICONST8 1\nNEWARRAY [L.dog;\nINVOKESTATIC .evil put ([w)v\nICONST8 7\n", CAST },
    { "ints among arrays of longs",
      "class .evil extends .internal.object\nmethod put ([w)v static\nWLOAD 0\nICONST8 0\nICONST8 "
      "1\nNEWARRAY [i\nWASTORE\nRETURN\nend\n",
      "class .evil extends .internal.object\nmethod put ([w)v static\nWLOAD 0\nICONST8 0\nICONST8 "
      "1\nNEWARRAY [l\nWASTORE\nRETURN\nend\n",
      "ICONST8 1\nNEWARRAY [[l\nINVOKESTATIC .evil put ([w)v\nICONST8 7\n", CAST },
    { "a cat is a dog behind an interface",
      "class .evil extends .internal.object\nmethod same ()L.talker; static\nNEW "
      ".cat\nWRETURN\nend\n",
      "class .evil extends .internal.object\nmethod same ()L.talker; static\nNEW "
      ".dog\nWRETURN\nend\n",
      "INVOKESTATIC .evil same ()L.talker;\nCHECKCAST .dog\nWPOP\nICONST8 7\n", CAST },
    { "an int is unboxed as a double",
      "class .evil extends .internal.object\nmethod same ()w static\nICONST8 "
      "1\nBOX_I\nWRETURN\nend\n",
      "class .evil extends .internal.object\nmethod same ()w static\nDCONST "
      "1.0\nBOX_D\nWRETURN\nend\n",
      "INVOKESTATIC .evil same ()w\nUNBOX_D\nRPOP\nICONST8 7\n", CAST },
    { "a private method by its name",
      "class .evil extends .internal.object\nmethod one ()w static\nNEW .vault\nWRETURN\nend\n",
      "class .evil extends .internal.object\nmethod unlock ()w\nWNULL\nWRETURN\nend\nmethod one "
      "()w static\nNEW .evil\nWRETURN\nend\n",
      "INVOKESTATIC .evil one ()w\nINVOKENAME unlock 0\nWPOP\nICONST8 7\n", NO_ACCESS },
    { "a private constructor by its class",
      "class .evil extends .internal.object\nmethod one ()w static\nWCONST class "
      ".vault\nWRETURN\nend\n",
      "class .evil extends .internal.object\nmethod <new> (i)v\nRETURN\nend\nmethod one ()w "
      "static\nWCONST class .evil\nWRETURN\nend\n",
      "INVOKESTATIC .evil one ()w\nICONST8 1\nBOX_I\nINVOKENAME <new> 1\nWPOP\nICONST8 7\n",
      NO_ACCESS },
    { "an abstract class by name",
      "class .evil extends .internal.object\nmethod one ()w static\nWCONST class "
      ".idea\nWRETURN\nend\n",
      "class .evil extends .internal.object\nmethod <new> ()v\nRETURN\nend\nmethod one ()w "
      "static\nWCONST class .evil\nWRETURN\nend\n",
      "INVOKESTATIC .evil one ()w\nINVOKENAME <new> 0\nWPOP\nICONST8 7\n", NO_METHOD },
};

/* The program of an attempt with these classes: it ends with HONEST or REFUSED. */
static inline void
attempt_text(const struct attempt *attempt, const char *classes, char *text, size_t bytes)
{
    snprintf(text, bytes,
             "entry .main\n%s%sclass .main extends .internal.object\n"
             "method <entry> ()v static\n"
             "a:\n%sb:\nINVOKESTATIC .internal.system exit (i)v\nRETURN\n"
             "h:\nWPOP\nICONST8 13\nINVOKESTATIC .internal.system exit (i)v\nRETURN\n"
             ".catch a b h %s\nend\n",
             attempt_victims, classes, attempt->attempt, attempt->error);
}
