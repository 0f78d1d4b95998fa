/*
 * module.h - what a compiled module looks like: classes, their constant pool,
 * their bytecode. Made by the compiler (core/lang) and by later converters,
 * read by the loader (core/vm), trusted by nobody.
 *
 * A module is a sequence of little-endian fields with no padding:
 *
 *   u32 magic, u32 version (MODULE_VERSION), u32 byte_count (of the whole module)
 *   u32 crc32c of all bytes behind this field
 *   u16 source       pool index of the source file's name (UTF8)
 *   u16 entry_class  pool index of the class to start (CLASS), or 0
 *   u16 pool_count   entries 1 .. pool_count-1 follow; 0 is "none"
 *     u8 tag, then
 *       POOL_UTF8    u32 byte_count, bytes            (UTF-8; a lone surrogate is its three bytes)
 *       POOL_CLASS   u16 type (UTF8: a class name, or an array type such as "[i" or "[L.a.b;")
 *       POOL_FIELD   u16 class (CLASS), u16 name, u16 type (UTF8)
 *       POOL_METHOD  u16 class (CLASS), u16 name, u16 signature (UTF8)
 *       POOL_NAME    u16 name (UTF8)                  for INVOKENAME
 *       POOL_STRING  u16 text (UTF8)                  a string object
 *       POOL_INT     u32    POOL_LONG u64    POOL_FLOAT u32    POOL_DOUBLE u64
 *       POOL_BOOLEAN u8     POOL_CHAR u16    POOL_CODE_POINT u32
 *   u16 class_count, then for each class
 *     u16 name (CLASS), u16 super (CLASS, 0 only for .internal.object), u16 flags
 *     u16 interface_count, u16 interfaces (CLASS) ...
 *     u16 field_count, then u16 name, u16 type, u16 flags
 *     u16 method_count, then
 *       u16 name, u16 signature, u16 flags
 *       u16 ordinal      the method's number for calls by number, or MODULE_NO_ORDINAL
 *       u16 primitive    number of the primitive, if METHOD_PRIMITIVE
 *       u16 word_locals, u16 raw_locals, u16 word_stack_max, u16 raw_stack_max
 *       u32 code_bytes, code
 *       u16 handler_count, then u32 from, u32 to, u32 handler, u16 class (CLASS, or 0: any object)
 *       u32 line_count, then u32 pc, u32 line          (ascending pc)
 *
 * Types: z boolean, b byte, s short, c char, i int, l long, f float, d double;
 * w any object; L<name>; an object of that class; [<type> an array; v no result.
 * z b s c i l f d are raw, all others are words. A signature is
 * "(" types ")" type. The receiver of an instance method is word local 0 and is
 * not in the signature; arguments follow in their areas, in order. The
 * descriptor of a method (the area of each argument and of the result) is read
 * off its signature.
 *
 * Class names are absolute: ".internal.string", ".phantom.list", ".main".
 * The pool belongs to the module, so a converter of large classes makes one
 * module of each. A raw value is cut to the type of what it is stored to or
 * returned as: z keeps bit 0, b and s extend the sign, c does not.
 *
 * The constructor is called "<new>" and returns v; static initialisation is a
 * static method "<static>" with "()v".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define MODULE_MAGIC        0x444f4d50u /* "PMOD" */
#define MODULE_VERSION      1
#define MODULE_HEADER_BYTES 16
#define MODULE_NO_ORDINAL   0xffffu

enum module_pool_tag {
    POOL_UTF8 = 1,
    POOL_CLASS,
    POOL_FIELD,
    POOL_METHOD,
    POOL_NAME,
    POOL_STRING,
    POOL_INT,
    POOL_LONG,
    POOL_FLOAT,
    POOL_DOUBLE,
    POOL_BOOLEAN,
    POOL_CHAR,
    POOL_CODE_POINT,
};

enum module_class_flag {
    CLASS_PUBLIC = 1 << 0,
    CLASS_INTERFACE = 1 << 1,
    CLASS_ABSTRACT = 1 << 2,
    CLASS_FINAL = 1 << 3,

    /* Given by the loader to .internal.weak alone: no module may have it. */
    CLASS_WEAK = 1 << 16, /* its first field does not keep what it refers to */
};

/* Also used for fields where it makes sense. */
enum module_member_flag {
    MEMBER_PUBLIC = 1 << 0,
    MEMBER_PRIVATE = 1 << 1,
    MEMBER_STATIC = 1 << 2,
    MEMBER_FINAL = 1 << 3,
    METHOD_ABSTRACT = 1 << 4,
    METHOD_PRIMITIVE = 1 << 5,
    METHOD_SYNCHRONIZED = 1 << 6,
    MEMBER_VOLATILE = 1 << 7, /* of a field: accesses are ordered and whole */
};
